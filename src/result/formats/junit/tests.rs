use crate::result::formats::testing::{AT_NOON, Asked, at, checks, fixture_text, json, rows, statistic, text};

#[test]
fn a_suite_of_pytest_becomes_a_result_with_the_outcomes_that_it_counts() {
    let stored = Asked::default().result("junit/pytest.xml");
    assert_eq!(["data_asset", "suite_name", "status"].map(|key| text(&stored, key)), ["pytest", "pytest", "error"]);
    assert_eq!(text(&stored, "run_time"), "2026-11-27T21:53:02.381731+00:00");
    let expected = [
        "test_orders.TestOrders.test_amounts_are_positive: failed",
        "test_orders.TestOrders.test_ids_are_unique: passed",
        "test_orders.TestOrders.test_no_nulls[id]: passed",
        "test_orders.TestOrders.test_no_nulls[gr\\xf6\\xdfe]: failed",
        "test_orders.test_freshness: skipped",
        "test_orders.test_known: skipped",
        "test_orders.test_with_broken_fixture: errored",
    ];
    assert_eq!(rows(&stored), expected);
    assert_eq!(
        text(&stored, "results.0.message"),
        "AssertionError: <amount> & \"more\" is negative: red\nassert -2 > 0\n +  where -2 = min([1, -2])"
    );
    assert_eq!(at(&stored, "results.0.execution_time_ms").as_number(), Some("4.0"));
    assert!(text(&stored, "results.0.details.failure_text").starts_with("self = <test_orders.TestOrders object"));
    assert_eq!(text(&stored, "results.4.details.type"), "pytest.skip");
    let junit = at(&stored, "metadata.junit");
    assert_eq!(at(junit, "properties"), &json(r#"{"environment": "test"}"#));
    let told = |key: &str| text(junit, key).parse::<u64>().unwrap();
    assert_eq!(["tests", "failures", "errors", "skipped"].map(told), [7, 2, 1, 2]);
    assert_eq!(
        ["total_validators", "failed_validators", "error_validators"].map(|key| statistic(&stored, key)),
        [7, 2, 1]
    );
}

#[test]
fn each_suite_of_a_report_becomes_a_result_and_test_cases_outside_one_of_the_file() {
    let stored = Asked::default().results("junit/jest.xml");
    assert_eq!(stored.iter().map(|stored| text(stored, "data_asset")).collect::<Vec<_>>(), ["orders", "undefined"]);
    assert_eq!(text(&stored[0], "run_time"), "2026-11-27T21:54:02");
    assert_eq!(
        rows(&stored[0]),
        ["orders ids are unique: passed", "orders amounts are positive: failed", "orders freshness: skipped"]
    );
    assert_eq!(text(&stored[0], "results.1.message"), "Error: expect(received).toBeGreaterThan(expected)");

    let stored = AT_NOON.results("junit/node.xml");
    assert_eq!(stored.iter().map(|stored| text(stored, "data_asset")).collect::<Vec<_>>(), ["orders", "node"]);
    assert_eq!(rows(&stored[0]), ["test.ids are unique: passed", "test.amounts: failed", "test.freshness: skipped"]);
    assert_eq!(rows(&stored[1]), ["test.at the top: passed", "test.later: skipped"]);
    let refused = Asked::default().refusal("node.xml", &fixture_text("junit/node.xml"));
    assert!(refused.starts_with("this suite of the JUnit report does not say when the run took place"), "{refused}");
}

#[test]
fn a_report_that_is_not_split_is_one_result_whose_checks_name_their_suite() {
    let stored = Asked { whole: true, ..Asked::default() }.result("junit/jest.xml");
    assert_eq!(
        ["data_asset", "run_time", "status"].map(|key| text(&stored, key)),
        ["jest tests", "2026-11-27T21:54:02", "failure"]
    );
    assert_eq!(rows(&stored).len(), 4);
    assert_eq!(text(&stored, "results.3.details.kwargs.data_asset"), "undefined");
}

fn of_cases(cases: &str) -> crate::result::json::JsonValue {
    let report = format!("<testsuite name=\"s\" timestamp=\"2026-01-01T00:00:00\">{cases}</testsuite>");
    Asked::default().results_of_text("r.xml", &report).remove(0)
}

#[test]
fn the_worst_of_a_test_case_counts_and_repeated_names_are_told_apart() {
    let stored = of_cases(
        "<testcase name='a'><failure message='f'/><error message='e'>t</error><failure/></testcase>\
         <testcase name='a' time='1,234.5'><rerunFailure>again</rerunFailure></testcase>\
         <testcase name='b' status='notrun'/><testcase name='c' result='suppressed'/><testcase><skipped/></testcase>\
         <testcase name='d' classname='d'><failure><![CDATA[<x> & ]]>y</failure></testcase>",
    );
    assert_eq!(
        rows(&stored),
        ["a: errored", "a: passed", "b: skipped", "c: skipped", "testcase: skipped", "d: failed"]
    );
    assert_eq!(text(&stored, "results.0.message"), "e");
    assert_eq!(at(&stored, "results.1.details.kwargs"), &json(r#"{"occurrence": 2}"#));
    assert_eq!(at(&stored, "results.1.execution_time_ms").as_number(), Some("1234500.0"));
    assert_eq!(text(&stored, "results.5.message"), "<x> & y");
    assert_eq!(checks(&stored).len(), 6);
}

#[test]
fn the_output_of_tests_is_passed_over_however_long_it_is() {
    let output = "<testcase name='in output'>".repeat(100_000);
    let stored = of_cases(&format!(
        "<system-out/><testcase name='a'><system-out><![CDATA[{output}]]></system-out><system-err/></testcase>\
         <testcase name='b'><properties><property name='p' value='v'/></properties></testcase>\
         <system-err>&lt;</system-err>"
    ));
    assert_eq!(rows(&stored), ["a: passed", "b: passed"]);
    let long = "x".repeat(1_000_000);
    let stored = of_cases(&format!("<testcase name='a'><failure>{long}</failure></testcase>"));
    assert_eq!(text(&stored, "results.0.details.failure_text").len(), 4_096);
}

#[test]
fn entities_are_not_expanded() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE testsuite [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>\
         <!ENTITY f SYSTEM 'file:///etc/passwd'>]>\
         <testsuite name='&b;' timestamp='2026-01-01'><testcase name='n'><failure message='&lt;&#65;'>&b;&f;&#x42;&amp;</failure></testcase></testsuite>";
    let stored = Asked::default().results_of_text("r.xml", bomb).remove(0);
    assert_eq!(text(&stored, "data_asset"), "&b;");
    assert_eq!(text(&stored, "results.0.message"), "<A");
    assert_eq!(text(&stored, "results.0.details.failure_text"), "&b;&f;B&");
}

#[test]
fn a_report_that_is_no_xml_or_has_no_test_is_refused() {
    let report = |text: &str| Asked::default().refusal("r.xml", text);
    assert_eq!(report("<testsuites/>"), "this JUnit report has no test case");
    assert_eq!(
        report("<testsuite><testsuite name='s' tests='0'></testsuite></testsuite>"),
        "this JUnit report has no test case"
    );
    assert_eq!(report("<testsuite timestamp='2026-01-01'><testcase>"), "the text ends within an element");
    assert_eq!(report("<testsuite><testcase><system-out>x"), "the text ends within an element");
    assert!(report("<testsuite><testcase></testsuite>").starts_with("the text is not XML: "));
    let latin = report("<?xml version='1.0' encoding='ISO-8859-1'?><testsuite><testcase/></testsuite>");
    assert_eq!(
        latin,
        "the text is ISO-8859-1, not UTF-8; convert it with `iconv -f ISO-8859-1 -t UTF-8`, and its first line with it"
    );
    let time = report("<testsuite timestamp='noon'><testcase/></testsuite>");
    assert!(time.starts_with("`timestamp` is `noon`, not an ISO 8601 time"), "{time}");
    let deep = report(&format!("<testsuite>{}", "<testsuite>".repeat(100)));
    assert_eq!(deep, "suites are nested deeper than 64 levels, the limit");
    let deep = report(&format!("<testsuite><testcase>{}", "<a>".repeat(1_000)));
    assert_eq!(deep, "elements are nested deeper than 512 levels, the limit");
    let long = report(&format!("<testsuite><testcase><failure>{}", "x".repeat(17 << 20)));
    assert_eq!(long, "a tag or text is longer than 16 MiB, the limit");
}

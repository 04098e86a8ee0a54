//! The formats of findings: Markdown, JUnit XML, annotations of GitHub, the Code Quality report of GitLab.

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::diff::room_with_two_runs;
use crate::hostile::{HOSTILE, hostile_run};
use crate::support::{Room, fixture};

const RUN: &str = "run_20261123_005654_4bd5d04b";

/// A room with a run of truthound that found seven issues.
fn room_with_a_run() -> Room {
    let room = Room::new();
    room.run(["-q".as_ref(), "save".as_ref(), fixture("truthound/dirty-summary.run.json").as_os_str()]).succeeds();
    room
}

fn hostile_room() -> Room {
    let room = Room::new();
    room.start(["-q", "save", "-"]).input(hostile_run("run\n::error::1")).run().succeeds();
    room
}

fn hostile_report(format: &str) -> String {
    hostile_room().run(["get", "run\n::error::1", "-f", format]).succeeds()
}

#[test]
fn a_result_is_markdown() {
    assert_snapshot!(room_with_a_run().run(["get", RUN, "-f", "markdown"]), @r#"
    ### /data/dirty.csv: failure

    - data asset: /data/dirty.csv
    - run id: run\_20261123\_005654\_4bd5d04b
    - run time: 2026-11-23T00:56:54.188086Z
    - status: failure
    - suite: truthound-auto-suite
    - data: 40 rows, 4 columns
    - checks: 2 passed, 7 failed
    - issues: 7: 2 critical, 3 high, 1 medium, 1 low

    | outcome | check | count | severity | message |
    |---|---|--:|---|---|
    | failed | range\[age\] | 12 | critical | Expected \[0, 150\] &#124; top failures: -5(8), 400(4) |
    | failed | unique\[email\] | 25 | critical | 25 duplicate values (83.3%) |
    | failed | null\[email\] | 10 | high | 25.0% of values are null |
    | failed | unique\[id\] | 10 | high | 10 duplicate values (25.0%) |
    | failed | null\[phone\] | 16 | high | 40.0% of values are null &#124; top failures: None(2) |
    | failed | above\_maximum\[id\] | 1 | medium | Values above maximum 38.0 |
    | failed | null\[age\] | 2 | low | 5.0% of values are null &#124; top failures: None(10) |
    "#);
}

#[test]
fn a_result_is_junit() {
    assert_snapshot!(room_with_a_run().run(["get", RUN, "-f", "junit"]), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite name="/data/dirty.csv" tests="9" failures="7" errors="0" skipped="0" timestamp="2026-11-23T00:56:54">
        <properties>
          <property name="data asset" value="/data/dirty.csv"/>
          <property name="run id" value="run_20261123_005654_4bd5d04b"/>
          <property name="run time" value="2026-11-23T00:56:54.188086Z"/>
          <property name="status" value="failure"/>
          <property name="suite" value="truthound-auto-suite"/>
          <property name="data" value="40 rows, 4 columns"/>
          <property name="checks" value="2 passed, 7 failed"/>
          <property name="issues" value="7: 2 critical, 3 high, 1 medium, 1 low"/>
        </properties>
        <testcase classname="/data/dirty.csv" name="range[age]">
          <failure message="failed: 12 found, critical: Expected [0, 150] | top failures: -5(8), 400(4)" type="failed">Expected [0, 150] | top failures: -5(8), 400(4)</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="unique[email]">
          <failure message="failed: 25 found, critical: 25 duplicate values (83.3%)" type="failed">25 duplicate values (83.3%)</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="null[email]">
          <failure message="failed: 10 found, high: 25.0% of values are null" type="failed">25.0% of values are null</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="unique[id]">
          <failure message="failed: 10 found, high: 10 duplicate values (25.0%)" type="failed">10 duplicate values (25.0%)</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="null[phone]">
          <failure message="failed: 16 found, high: 40.0% of values are null | top failures: None(2)" type="failed">40.0% of values are null | top failures: None(2)</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="above_maximum[id]">
          <failure message="failed: 1 found, medium: Values above maximum 38.0" type="failed">Values above maximum 38.0</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="null[age]">
          <failure message="failed: 2 found, low: 5.0% of values are null | top failures: None(10)" type="failed">5.0% of values are null | top failures: None(10)</failure>
        </testcase>
        <testcase classname="/data/dirty.csv" name="schema"/>
        <testcase classname="/data/dirty.csv" name="type"/>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_result_is_annotations_of_github() {
    assert_snapshot!(room_with_a_run().run(["get", RUN, "-f", "github"]), @"
    ::error title=/data/dirty.csv%3A range[age] failed::12 found, critical: Expected [0, 150] | top failures: -5(8), 400(4)%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ::error title=/data/dirty.csv%3A unique[email] failed::25 found, critical: 25 duplicate values (83.3%25)%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ::error title=/data/dirty.csv%3A null[email] failed::10 found, high: 25.0%25 of values are null%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ::error title=/data/dirty.csv%3A unique[id] failed::10 found, high: 10 duplicate values (25.0%25)%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ::error title=/data/dirty.csv%3A null[phone] failed::16 found, high: 40.0%25 of values are null | top failures: None(2)%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ::error title=/data/dirty.csv%3A above_maximum[id] failed::1 found, medium: Values above maximum 38.0%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ::error title=/data/dirty.csv%3A null[age] failed::2 found, low: 5.0%25 of values are null | top failures: None(10)%0Arun run_20261123_005654_4bd5d04b of 2026-11-23T00:56:54.188086Z
    ");
}

#[test]
fn a_result_is_a_code_quality_report_of_gitlab() {
    assert_snapshot!(room_with_a_run().run(["get", RUN, "-f", "gitlab"]), @r#"
    [
      {"description":"/data/dirty.csv: range[age] failed: 12 found, critical: Expected [0, 150] | top failures: -5(8), 400(4)","check_name":"range[age]","fingerprint":"98b971dbda07cd1c105bec3f1c315922deca3b2265e431d75cb52905031359af","severity":"critical","location":{"path":"data/dirty.csv","lines":{"begin":1}}},
      {"description":"/data/dirty.csv: unique[email] failed: 25 found, critical: 25 duplicate values (83.3%)","check_name":"unique[email]","fingerprint":"d8c7185318893a8d77b92488eeac3fbb69f5adf87871d278611dab9be14b3efb","severity":"critical","location":{"path":"data/dirty.csv","lines":{"begin":1}}},
      {"description":"/data/dirty.csv: null[email] failed: 10 found, high: 25.0% of values are null","check_name":"null[email]","fingerprint":"f1fd0ee20eb64addab35356980ba345c0f52d7172b25bc4adca0190114c61685","severity":"major","location":{"path":"data/dirty.csv","lines":{"begin":1}}},
      {"description":"/data/dirty.csv: unique[id] failed: 10 found, high: 10 duplicate values (25.0%)","check_name":"unique[id]","fingerprint":"c75cfea5fa3315a663de1a60702b959771d5a81a7f4c0741b3a4924c5a42545d","severity":"major","location":{"path":"data/dirty.csv","lines":{"begin":1}}},
      {"description":"/data/dirty.csv: null[phone] failed: 16 found, high: 40.0% of values are null | top failures: None(2)","check_name":"null[phone]","fingerprint":"2eeead42a3ecdb662afee0e26337c145885e083701e4042b4081a2484869d984","severity":"major","location":{"path":"data/dirty.csv","lines":{"begin":1}}},
      {"description":"/data/dirty.csv: above_maximum[id] failed: 1 found, medium: Values above maximum 38.0","check_name":"above_maximum[id]","fingerprint":"397d7e46fd6f861ddcd96cb98a715b65a5cdb4c87da737a6649b64ff9f344548","severity":"minor","location":{"path":"data/dirty.csv","lines":{"begin":1}}},
      {"description":"/data/dirty.csv: null[age] failed: 2 found, low: 5.0% of values are null | top failures: None(10)","check_name":"null[age]","fingerprint":"286ed20021d1230730a3075ca9b166e0e1db2ecd86075343499681442424adc3","severity":"info","location":{"path":"data/dirty.csv","lines":{"begin":1}}}
    ]
    "#);
}

#[test]
fn changes_are_markdown() {
    assert_snapshot!(room_with_two_runs().run(["diff", "--asset", "shop", "-f", "markdown"]), @r#"
    ### shop: new failure 1, worse 1, errored 1, still failing 2, fixed 1

    - data asset: shop
    - before: 9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop of 2026-11-26T11:46:30.614537Z
    - now: second.shop of 2026-11-27T11:46:30Z
    - checks: new failure 1, worse 1, errored 1, still failing 2, fixed 1

    | outcome | check | before | count | severity | message |
    |---|---|---|--:|---|---|
    | new failure | not\_null\_customers\_id | passed |  | high |  |
    | worse | unique\_customers\_id | failed 1 | 9 | high | Got 1 result, configured to fail if != 0 |
    | errored | not\_null\_downstream\_id | errored |  | high | Runtime Error in test not\_null\_downstream\_id (models/schema.yml)<br>  Catalog Error: Table with name downstream does not exist!<br>  Did you mean "customers"?<br>  <br>  LINE 21: from "shop"."main"."downstream"<br>                ^^^^^^^^^^^^^^^^^^^^^^^^^^ |
    | still failing | not\_null\_customers\_email | warned 1 | 1 | medium | Got 1 result, configured to warn if != 0 |
    | still failing | ut\_customers | failed 1 | 1 | high | actual differs from expected:<br><br>@@,id,email,country<br>→ ,1 ,y→x  ,DE |
    | fixed | accepted\_values\_customers\_country\_\_DE\_\_FR | failed 1 |  |  |  |
    "#);
}

#[test]
fn changes_are_junit() {
    assert_snapshot!(room_with_two_runs().run(["diff", "--asset", "shop", "-f", "junit"]), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite name="shop" tests="6" failures="2" errors="1" skipped="2" timestamp="2026-11-27T11:46:30">
        <properties>
          <property name="data asset" value="shop"/>
          <property name="before" value="9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop of 2026-11-26T11:46:30.614537Z"/>
          <property name="now" value="second.shop of 2026-11-27T11:46:30Z"/>
          <property name="checks" value="new failure 1, worse 1, errored 1, still failing 2, fixed 1"/>
        </properties>
        <testcase classname="shop" name="not_null_customers_id">
          <failure message="new failure: high, passed before" type="new failure"/>
        </testcase>
        <testcase classname="shop" name="unique_customers_id">
          <failure message="worse: 9 found, high, failed 1 before: Got 1 result, configured to fail if != 0" type="worse">Got 1 result, configured to fail if != 0</failure>
        </testcase>
        <testcase classname="shop" name="not_null_downstream_id">
          <error message="errored: high, errored before: Runtime Error in test not_null_downstream_id (models/schema.yml) Catalog Error: Table with name downstream does not exist! Did you mean &quot;customers&quot;? LINE 21: from &quot;shop&quot;.&quot;main&quot;.&quot;downstream&quot; ^^^^^^^^^^^^^^^^^^^^^^^^^^" type="errored">Runtime Error in test not_null_downstream_id (models/schema.yml)
      Catalog Error: Table with name downstream does not exist!
      Did you mean &quot;customers&quot;?
      
      LINE 21: from &quot;shop&quot;.&quot;main&quot;.&quot;downstream&quot;
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^</error>
        </testcase>
        <testcase classname="shop" name="not_null_customers_email">
          <skipped message="still failing: 1 found, medium, warned 1 before: Got 1 result, configured to warn if != 0" type="still failing">Got 1 result, configured to warn if != 0</skipped>
        </testcase>
        <testcase classname="shop" name="ut_customers">
          <skipped message="still failing: 1 found, high, failed 1 before: actual differs from expected: @@,id,email,country → ,1 ,y→x  ,DE" type="still failing">actual differs from expected:

    @@,id,email,country
    → ,1 ,y→x  ,DE</skipped>
        </testcase>
        <testcase classname="shop" name="accepted_values_customers_country__DE__FR"/>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn changes_are_annotations_of_github() {
    assert_snapshot!(room_with_two_runs().run(["diff", "--asset", "shop", "-f", "github"]), @r#"
    ::error title=shop%3A not_null_customers_id new failure::high, passed before%0Arun second.shop, compared with run 9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop
    ::error title=shop%3A unique_customers_id worse::9 found, high, failed 1 before: Got 1 result, configured to fail if != 0%0Arun second.shop, compared with run 9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop
    ::error title=shop%3A not_null_downstream_id errored::high, errored before: Runtime Error in test not_null_downstream_id (models/schema.yml) Catalog Error: Table with name downstream does not exist! Did you mean "customers"? LINE 21: from "shop"."main"."downstream" ^^^^^^^^^^^^^^^^^^^^^^^^^^%0Arun second.shop, compared with run 9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop
    ::warning title=shop%3A not_null_customers_email still failing::1 found, medium, warned 1 before: Got 1 result, configured to warn if != 0%0Arun second.shop, compared with run 9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop
    ::warning title=shop%3A ut_customers still failing::1 found, high, failed 1 before: actual differs from expected: @@,id,email,country → ,1 ,y→x  ,DE%0Arun second.shop, compared with run 9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop
    "#);
}

#[test]
fn changes_are_a_code_quality_report_of_gitlab() {
    let room = room_with_two_runs();
    assert_snapshot!(room.run(["diff", "--asset", "shop", "-f", "gitlab", "--exit-code"]), @r#"
    [
      {"description":"shop: not_null_customers_id new failure: high, passed before","check_name":"not_null_customers_id","fingerprint":"19c55b51074c0c1f31de8ea238972137d3c83571144cab73ef3ff69742a78329","severity":"major","location":{"path":"shop","lines":{"begin":1}}},
      {"description":"shop: unique_customers_id worse: 9 found, high, failed 1 before: Got 1 result, configured to fail if != 0","check_name":"unique_customers_id","fingerprint":"e5fa3ec611cd7e05075cd909c37aa8f6fdaf27c3c7f4428c019d774ebb49bab5","severity":"major","location":{"path":"shop","lines":{"begin":1}}},
      {"description":"shop: not_null_downstream_id errored: high, errored before: Runtime Error in test not_null_downstream_id (models/schema.yml) Catalog Error: Table with name downstream does not exist! Did you mean \"customers\"? LINE 21: from \"shop\".\"main\".\"downstream\" ^^^^^^^^^^^^^^^^^^^^^^^^^^","check_name":"not_null_downstream_id","fingerprint":"ed70eb284ba67a1ad721bf82ead0b4bdfb83bbed9253e42d7980aee6684c7310","severity":"major","location":{"path":"shop","lines":{"begin":1}}},
      {"description":"shop: not_null_customers_email still failing: 1 found, medium, warned 1 before: Got 1 result, configured to warn if != 0","check_name":"not_null_customers_email","fingerprint":"6e684ac23f9c2e0a3c2d34d4a54e43ef8aa37788d759bf332704b8e15614a297","severity":"minor","location":{"path":"shop","lines":{"begin":1}}},
      {"description":"shop: ut_customers still failing: 1 found, high, failed 1 before: actual differs from expected: @@,id,email,country → ,1 ,y→x  ,DE","check_name":"ut_customers","fingerprint":"51efdc11cefebfb1ee96196e82086e858cd5eb3ef89d4f7614da6f1e39169a18","severity":"major","location":{"path":"shop","lines":{"begin":1}}}
    ]
    --- exit status 10 ---
    "#);
}

#[test]
fn several_results_are_several_suites_of_one_report() {
    let room = room_with_two_runs();
    let ids = ["9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop", "second.shop"];
    let outcome = room.run(["get", ids[0], "nothing", ids[1], "-f", "junit"]);
    let elements = elements(&outcome.stdout());
    let suites: Vec<_> = elements.iter().filter(|(name, _)| name == "testsuite").collect();
    assert_eq!(suites.len(), 2);
    assert_eq!(suites[1].1["tests"], "8");
    assert_eq!(elements.iter().filter(|(name, _)| name == "testcase").count(), 16);
    let ids_told = elements.iter().filter(|(_, attributes)| attributes.get("name").is_some_and(|it| it == "run id"));
    assert_eq!(ids_told.map(|(_, attributes)| &*attributes["value"]).collect::<Vec<_>>(), ids);
    assert!(outcome.fails_with(3).contains("`nothing` not found"));
}

#[test]
fn a_report_without_results_is_complete() {
    let room = Room::new();
    for (format, report) in [
        ("markdown", ""),
        ("junit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n</testsuites>\n"),
        ("github", ""),
        ("gitlab", "[]\n"),
    ] {
        let outcome = room.run(["get", "nothing", "-f", format]);
        assert_eq!((outcome.stdout().as_str(), outcome.code()), (report, Some(3)));
        assert!(outcome.stderr().starts_with("error: result `nothing` not found"), "{outcome}");
    }
}

#[test]
fn a_report_is_written_to_a_file_complete_or_not_at_all() {
    let room = room_with_a_run();
    assert_eq!(room.run(["get", RUN, "-f", "junit", "-o", "report.xml"]).succeeds(), "");
    let report = room.read("report.xml");
    assert_eq!(report, room.run(["get", RUN, "-f", "junit"]).bytes());
    room.run(["get", "nothing", "-f", "junit", "-o", "report.xml"]).fails_with(3);
    assert_eq!(room.read("report.xml"), report);
    assert_eq!(room.run(["get", RUN, "-f", "junit", "-o", "-"]).bytes(), report);
}

#[test]
fn a_command_without_findings_refuses_their_formats() {
    let room = Room::new();
    assert_snapshot!(room.run(["list", "-f", "junit"]), @"
    --- stderr ---
    error: this command has no format `junit`: its formats are table, json and jsonl
    hint: the commands with the format `junit` are get, diff and gate
    --- exit status 2 ---
    ");
    for command in [&["delete", "run-1"][..], &["save"], &["verify"], &["profiles"], &["pool-status"], &["reindex"]] {
        for format in ["markdown", "junit", "github", "gitlab"] {
            let said = room.run(command.iter().chain(&["--format", format])).fails_with(2);
            assert!(said.contains(&format!("has no format `{format}`")), "{said}");
        }
    }
    assert!(!room.work().join(".truthound").exists());
}

/// The elements of an XML document with their attributes and the text in them.
fn elements(document: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = Reader::from_str(document);
    let (mut elements, mut depth) = (Vec::new(), 0);
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}\n{document}"));
        depth += match event {
            Event::Start(_) => 1,
            Event::End(_) => -1,
            _ => 0,
        };
        match event {
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(str::from_utf8(&attribute.value).unwrap()).unwrap();
                    (String::from_utf8(attribute.key.as_ref().to_vec()).unwrap(), value.into_owned())
                });
                elements.push((String::from_utf8(element.name().as_ref().to_vec()).unwrap(), attributes.collect()));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    elements
}

#[test]
fn hostile_text_stays_text_in_junit() {
    let report = hostile_report("junit");
    let forbidden = |it: &char| (it.is_control() && *it != '\n') || matches!(it, '\u{fffe}' | '\u{ffff}' | '\u{202e}');
    assert_eq!(report.chars().filter(forbidden).collect::<String>(), "");
    let elements = elements(&report);
    let names: Vec<_> = elements.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| **name == "testcase").count(), HOSTILE.len());
    assert_eq!(names.iter().filter(|name| **name == "failure").count(), HOSTILE.len());
    let known = BTreeSet::from(["testsuites", "testsuite", "properties", "property", "testcase", "failure"]);
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), known);
    let has_name = |wanted: &str| elements.iter().any(|(_, it)| it.get("name").is_some_and(|name| name == wanted));
    for text in [1, 2, 3, 5, 8, 9, 11, 12, 13].map(|number| HOSTILE[number]) {
        assert!(has_name(&format!("{text}[{text}]")), "{text}");
    }
    assert!(has_name("\\u{1b}[31mred\\u{1b}[0m\\u{7}\\u{0}[\\u{1b}[31mred\\u{1b}[0m\\u{7}\\u{0}]"), "{report}");
    // `save` reads the same bytes that it wrote.
    let room = Room::new();
    let again = room.start(["-q", "save", "-"]).input(report).run().succeeds();
    let checks = room.run(["get", again.trim_end(), "-f", "json"]).json();
    assert_eq!(checks["results"].as_array().unwrap().len(), HOSTILE.len());
}

/// A workflow command as the runner reads it: `TryParseV2` and its unescaping in `ActionCommand.cs` of actions/runner.
fn workflow_command(line: &str) -> (String, BTreeMap<String, String>, String) {
    let (info, data) = line.trim().strip_prefix("::").and_then(|line| line.split_once("::")).expect(line);
    let (command, properties) = info.split_once(' ').unwrap_or((info, ""));
    let unescaped = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let properties = properties.split(',').filter_map(|property| {
        let (name, value) = property.trim().split_once('=')?;
        let value = unescaped(value).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        Some((name.to_owned(), value))
    });
    (command.to_owned(), properties.collect(), unescaped(data).replace("%25", "%"))
}

#[test]
fn hostile_text_stays_text_in_annotations_of_github() {
    let report = hostile_report("github");
    assert_eq!(report.chars().filter(|it| it.is_control() && *it != '\n').collect::<String>(), "");
    let commands: Vec<_> = report.split_inclusive('\n').map(workflow_command).collect();
    let (notice, errors) = commands.split_last().unwrap();
    assert_eq!(errors.len(), 10);
    assert_eq!((notice.0.as_str(), &*notice.1["title"]), ("notice", "4 more errors"));
    for (command, properties, _) in &commands[..10] {
        assert_eq!((command.as_str(), properties.len()), ("error", 1), "{properties:?}");
    }
    let asset = "\\n::error title=x::y\\r\\n::stop-commands::z";
    for text in [2, 8, 12].map(|number| HOSTILE[number]) {
        let title = format!("{asset}: {text}[{text}] failed");
        let (.., message) = errors.iter().find(|(_, properties, _)| properties["title"] == title).expect(text);
        assert!(message.contains(&format!("high: {text}\nrun run\\n::error::1 of ")), "{message}");
    }
}

#[test]
fn hostile_text_stays_text_in_a_code_quality_report() {
    let report: Value = serde_json::from_str(&hostile_report("gitlab")).unwrap();
    let report = report.as_array().unwrap();
    assert_eq!(report.len(), HOSTILE.len());
    let fingerprints: BTreeSet<_> = report.iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), HOSTILE.len());
    for violation in report {
        for text in [&violation["description"], &violation["check_name"], &violation["location"]["path"]] {
            assert!(!text.as_str().unwrap().contains(char::is_control), "{violation}");
        }
        let severity = violation["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{severity}");
        assert_eq!(violation["location"]["lines"]["begin"], 1);
    }
}

#[test]
fn hostile_text_stays_in_its_cell_of_markdown() {
    let report = hostile_report("markdown");
    let rows: Vec<_> = report.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), HOSTILE.len() + 2);
    for row in rows {
        assert_eq!(row.matches('|').count(), 6, "{row}");
    }
    for mark in ["<script", "<img", "<b>", "\u{202e}", "\u{1b}", "\r", "https://", "www.e", "@some", "@example"] {
        assert!(!report.contains(mark), "{mark:?} in {report}");
    }
}

#[test]
fn hostile_text_stays_in_its_cell_of_a_table() {
    let report = hostile_report("table");
    assert_eq!(report.chars().filter(|it| it.is_control() && *it != '\n').collect::<String>(), "");
    assert!(!report.contains('\u{202e}'));
    assert_eq!(report.lines().filter(|line| line.starts_with("failed ")).count(), HOSTILE.len());
}

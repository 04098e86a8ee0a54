//! The pages of `report` in a real browser: how they look, what they request, and whether they can be used without a
//! mouse, without eyes and without scripts.
//!
//! Tests are ignored, by name, without Debian's Chromium, which `tests/run` installs. Screenshots are written to
//! `target/report-pages/`.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod bucket;
mod chromium;
mod site;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::chromium::Browser;
use crate::site::Site;

type Test = fn(&Site, &mut Browser);

const TESTS: [(&str, Test); 9] = [
    ("every_page_is_drawn_in_light_and_dark_without_a_problem_or_a_request", drawn),
    ("text_and_signs_have_enough_contrast_in_light_and_dark", contrast),
    ("the_site_works_in_a_bucket_behind_a_strict_policy", in_a_bucket),
    ("foreign_names_and_messages_stay_text", hostile_text),
    ("every_link_leads_to_a_page_of_the_site", links),
    ("the_keyboard_reaches_everything_in_order_and_shows_where_it_is", keyboard),
    ("a_screen_reader_finds_landmarks_headings_tables_and_a_text_for_each_image", screen_reader),
    ("without_scripts_folded_checks_can_be_opened", without_scripts),
    ("on_paper_everything_is_unfolded_and_light", printed),
];

fn main() {
    let arguments = Arguments::from_args();
    let ignored = chromium::program().is_none();
    let trials = TESTS.map(|(name, test)| {
        let trial = Trial::test(name, move || {
            test(&Site::write(), &mut Browser::start());
            Ok(())
        });
        trial.with_ignored_flag(ignored)
    });
    libtest_mimic::run(&arguments, trials.into()).exit();
}

fn drawn(site: &Site, browser: &mut Browser) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("report-pages");
    std::fs::create_dir_all(&directory).unwrap();
    for (kind, page) in site.kinds() {
        let mut pictures = BTreeSet::new();
        for scheme in ["light", "dark"] {
            browser.emulate(scheme, "screen");
            browser.open_file(&site.path(&page));
            let picture = browser.screenshot(1280);
            std::fs::write(directory.join(format!("{kind}-{scheme}.png")), &picture).unwrap();
            assert_eq!(browser.problems(), Vec::<String>::new(), "{page}");
            assert_eq!(browser.requests(), [format!("file://{}", site.path(&page).display())]);
            pictures.insert(picture);
        }
        assert_eq!(pictures.len(), 2, "{page} looks the same in light and dark");
    }
}

/// The ratio of WCAG 2.1 for the text of an element on the nearest background that is not transparent, and for the
/// strokes of a strip.
const LOW_CONTRAST: &str = r#"
(() => {
  const parse = color => (color.match(/[\d.]+/g) || []).map(Number);
  const luminance = color => {
    const [r, g, b] = parse(color).map(part => { part /= 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => { const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b); return (high + 0.05) / (low + 0.05); };
  const background = element => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (parse(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  let seen = 0;
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    const isText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (isText && element.namespaceURI.endsWith("xhtml")) {
      seen++;
      const found = ratio(style.color, background(element));
      if (found < 4.5) low.push(`${element.tagName} ${element.className} ${style.color} ${found}`);
    } else if (element.tagName === "path") {
      seen++;
      const paint = style.stroke === "none" ? style.fill : style.stroke;
      const found = ratio(paint, background(element.ownerSVGElement.parentElement));
      if (found < 3) low.push(`path ${element.className.baseVal} ${paint} ${found}`);
    }
  }
  return { low: [...new Set(low)], seen };
})()"#;

fn contrast(site: &Site, browser: &mut Browser) {
    for (_, page) in site.kinds() {
        for scheme in ["light", "dark"] {
            browser.emulate(scheme, "screen");
            browser.open_file(&site.path(&page));
            let found = browser.evaluate(LOW_CONTRAST);
            assert_eq!(found["low"], json!([]), "{page} in {scheme}");
            assert!(found["seen"].as_u64().unwrap() > 20, "{found}");
        }
    }
}

fn in_a_bucket(site: &Site, browser: &mut Browser) {
    let bucket = Bucket::serve(&site.directory());
    let mut visited = Vec::new();
    for (_, page) in site.kinds() {
        let url = format!("{}/{page}", bucket.address);
        browser.open(&url);
        assert_eq!(browser.problems(), Vec::<String>::new(), "{page}");
        assert_eq!(browser.requests(), [url]);
        // The inline style is in force.
        assert_eq!(browser.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse"), "collapse");
        visited.push(format!("/{page}"));
    }
    assert_eq!(bucket.requested(), visited);
}

fn hostile_text(site: &Site, browser: &mut Browser) {
    for page in site.hostile_pages() {
        browser.open_file(&site.path(&page));
        let text = browser.evaluate("document.body.textContent");
        let text = text.as_str().unwrap();
        for part in site::HOSTILE_PARTS {
            assert!(text.contains(part), "{page} does not show {part:?}: {text}");
        }
        let elements = browser.evaluate("[...new Set([...document.querySelectorAll('*')].map(it => it.localName))]");
        for element in elements.as_array().unwrap() {
            let name = element.as_str().unwrap();
            assert!(!["script", "img", "iframe", "object", "form", "input", "base"].contains(&name), "{page}: {name}");
        }
        let handlers = "[...document.querySelectorAll('*')].flatMap(it => it.getAttributeNames()).filter(name => name.startsWith('on'))";
        assert_eq!(browser.evaluate(handlers), json!([]), "{page}");
        assert_eq!(browser.evaluate("typeof pwned"), "undefined", "{page}");
        // Nothing invisible is left, and nothing that reorders the text around it.
        let raw = "/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069]/.test(document.documentElement.textContent)";
        assert_eq!(browser.evaluate(raw), false, "{page}");
        assert_eq!(browser.problems(), Vec::<String>::new(), "{page}");
    }
}

fn links(site: &Site, browser: &mut Browser) {
    let mut seen = BTreeSet::new();
    let mut open = vec!["index.html".to_owned()];
    while let Some(page) = open.pop() {
        if !seen.insert(page.clone()) {
            continue;
        }
        browser.open_file(&site.path(&page));
        let found = browser.evaluate(
            "[...document.querySelectorAll('a')].map(it => new URL(it.getAttribute('href'), document.baseURI).href)",
        );
        for link in found.as_array().unwrap() {
            let link = link.as_str().unwrap();
            if link == "https://github.com/seadonggyun4/truthound-store" {
                continue;
            }
            let base = format!("file://{}/", site.directory().display());
            let name = link.strip_prefix(&base).unwrap_or_else(|| panic!("{link} on {page} leaves the site"));
            let name = name.split('#').next().unwrap();
            assert!(site.path(name).is_file(), "{link} on {page} leads nowhere");
            open.push(name.to_owned());
        }
    }
    assert_eq!(seen, site.pages());
}

/// The element that has the focus, in short, and whether the focus can be seen.
const FOCUS: &str = r#"
(() => {
  const it = document.activeElement, style = getComputedStyle(it);
  const name = it.getAttribute("aria-label") || (it.getAttribute("aria-labelledby") ? document.getElementById(it.getAttribute("aria-labelledby")).innerText : it.innerText);
  return [it.localName, name.trim(), it.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
})()"#;

fn keyboard(site: &Site, browser: &mut Browser) {
    let tab = |browser: &mut Browser| {
        browser.press("Tab", 9, "");
        let focus = browser.evaluate(FOCUS);
        assert_eq!(focus[2], true, "the focus on {focus} cannot be seen");
        (focus[0].as_str().unwrap().to_owned(), focus[1].as_str().unwrap().to_owned())
    };
    let pair = |element: &str, name: &str| (element.to_owned(), name.to_owned());
    browser.open_file(&site.path("index.html"));
    assert_eq!(tab(browser), pair("a", "Skip to content"));
    assert_eq!(tab(browser), pair("div", "Data assets"));
    assert_eq!(tab(browser), pair("a", "orders"));
    assert_eq!(tab(browser), pair("a", "failure"));
    browser.call(
        "Input.dispatchKeyEvent",
        json!({"type": "keyDown", "key": "Tab", "windowsVirtualKeyCode": 9, "modifiers": 8}),
    );
    browser.forget_events();
    browser.press("Enter", 13, "\r");
    browser.wait_for_load();
    assert_eq!(browser.evaluate("document.querySelector('h1 bdi').innerText"), "orders");
    assert_eq!(tab(browser), pair("a", "Skip to content"));
    assert_eq!(tab(browser), pair("a", "Data assets"));
    // The bars of the chart are for the mouse; the table of runs has the same links.
    assert_eq!(tab(browser), pair("div", "Failing checks"));
    // A folded part is opened by a key, and its table comes next.
    let mut focus = tab(browser);
    while focus.0 != "summary" {
        focus = tab(browser);
    }
    assert_eq!(focus, pair("summary", "Checks that passed in every run (2)"));
    browser.press(" ", 32, " ");
    assert_eq!(browser.evaluate("document.activeElement.parentElement.open"), true);
    assert_eq!(tab(browser), pair("div", "Checks that passed in every run"));
}

fn screen_reader(site: &Site, browser: &mut Browser) {
    for (_, page) in site.kinds() {
        browser.open_file(&site.path(&page));
        let tree = browser.call("Accessibility.getFullAXTree", json!({}));
        let nodes: Vec<&Value> =
            tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] == false).collect();
        let of_role = |role: &str| -> Vec<&str> {
            let nodes = nodes.iter().filter(|node| node["role"]["value"] == role);
            nodes.map(|node| node["name"]["value"].as_str().unwrap_or_default()).collect()
        };
        assert_eq!(of_role("main").len(), 1, "{page}");
        assert_eq!(of_role("contentinfo").len(), 1, "{page}");
        assert_eq!(of_role("navigation"), if page == "index.html" { vec![] } else { vec!["Breadcrumb"] }, "{page}");
        assert_eq!(browser.evaluate("[...document.querySelectorAll('h1')].length"), 1);
        assert!(of_role("heading").len() >= 2, "{page}");
        assert!(!of_role("table").is_empty(), "{page}");
        assert!(of_role("columnheader").len() >= 4, "{page}");
        assert!(!of_role("rowheader").is_empty(), "{page}");
        assert_eq!(browser.evaluate("[...document.querySelectorAll('th')].every(it => it.scope)"), true, "{page}");
        let images = of_role("image");
        assert!(images.iter().all(|name| name.contains("newest: ") || name.contains("at most")), "{page}: {images:?}");
        assert_eq!(images.is_empty(), page.starts_with("runs/"), "{page}: {images:?}");
        assert_eq!(browser.evaluate("document.documentElement.lang"), "en");
        assert_ne!(browser.evaluate("document.title"), "");
    }
}

/// Whether everything in a folded part has a place on the page.
const IS_UNFOLDED: &str = "[...document.querySelectorAll('details tbody tr')].every(it => it.checkVisibility({contentVisibilityAuto: true}) && it.getBoundingClientRect().height > 10)";

fn without_scripts(site: &Site, browser: &mut Browser) {
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    for (_, page) in site.kinds().into_iter().filter(|(kind, _)| *kind != "overview") {
        browser.open_file(&site.path(&page));
        assert_eq!(browser.evaluate(IS_UNFOLDED), false, "{page}");
        let place = browser.evaluate(
            "(() => { const it = document.querySelector('summary'); it.scrollIntoView({block: 'center'}); \
             const place = it.getBoundingClientRect(); return [place.x + 20, place.y + place.height / 2]; })()",
        );
        for kind in ["mousePressed", "mouseReleased"] {
            let click = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            browser.call("Input.dispatchMouseEvent", click);
        }
        assert_eq!(browser.evaluate("document.querySelector('details').open"), true, "{page}");
        let row = "document.querySelector('details tbody tr').getBoundingClientRect().height > 10";
        assert_eq!(browser.evaluate(row), true, "{page}");
        assert_eq!(browser.problems(), Vec::<String>::new(), "{page}");
    }
}

fn printed(site: &Site, browser: &mut Browser) {
    browser.emulate("dark", "print");
    for (_, page) in site.kinds() {
        browser.open_file(&site.path(&page));
        assert_eq!(browser.evaluate(IS_UNFOLDED), true, "{page}");
        assert_eq!(browser.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
        assert_eq!(browser.evaluate("document.querySelectorAll('nav').length === 0 || getComputedStyle(document.querySelector('nav')).display === 'none'"), true);
    }
}

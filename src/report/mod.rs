//! A static site about stored results: pure functions, which are given facts and return pages.
//!
//! The pages are the templates in `templates/`, which are checked when the program is compiled. Foreign text reaches a
//! page only as a [`PageText`], and every value is escaped as HTML. A page needs no script, no other file and no
//! network, and forbids them by its Content-Security-Policy.

mod asset_page;
mod asset_run;
mod asset_trend;
mod check_title;
mod noun_count;
mod overview;
mod page_name;
mod page_stamp;
mod page_text;
mod page_time;
mod run_data;
mod run_page;
mod strip;
#[cfg(test)]
mod tests;

pub use asset_page::AssetPage;
pub use asset_run::AssetRun;
pub use overview::{AssetSummary, Overview};
pub use page_name::{asset_page_name, data_name, run_page_name};
pub use page_stamp::PageStamp;
pub use page_text::PageText;
pub use run_data::{DataLine, RunDataEnd, read_run_data};
pub use run_page::{RunPage, RunPageBuilder};

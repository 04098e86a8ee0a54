//! The characters that the locale of a user has.

/// Whether the locale is one with UTF-8: the first of `LC_ALL`, `LC_CTYPE` and `LANG` with a value, as `variable` returns
/// it, decides, as for the C library. On Windows, which has no such variables, consoles show Unicode.
pub fn is_unicode_locale(variable: impl Fn(&str) -> Option<String>) -> bool {
    let mut values = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    let locale = values.find(|value| !value.is_empty()).map(|value| value.to_ascii_uppercase());
    locale.map_or(cfg!(windows), |locale| locale.contains("UTF-8") || locale.contains("UTF8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_with_a_value_decides() {
        let is_unicode = |variables: &[(&str, &str)]| {
            is_unicode_locale(|name| {
                variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
            })
        };
        for locale in ["en_US.UTF-8", "C.utf8", "UTF-8", "de_DE.UTF-8@euro"] {
            assert!(is_unicode(&[("LANG", locale)]), "{locale}");
        }
        for locale in ["C", "POSIX", "en_US", "en_US.ISO-8859-1"] {
            assert!(!is_unicode(&[("LANG", locale)]), "{locale}");
        }
        assert!(!is_unicode(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")]));
        assert!(is_unicode(&[("LANG", "C"), ("LC_CTYPE", "C.UTF-8"), ("LC_ALL", "")]));
        assert_eq!(is_unicode(&[]), cfg!(windows));
    }
}

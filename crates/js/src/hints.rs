//! What a name was meant to be.

use strsim::damerau_levenshtein;

/// How many letters may be wrong, and how many a name has to have for that: a shorter one may well be a name of the program's own.
const MOST_WRONG: usize = 2;
const FEWEST_LETTERS: usize = 4;

/// Longer than any name that is known; what is longer still is not looked at.
const MOST_LETTERS: usize = 40;

/// The one of `known` that is nearest to `name`, if it is near.
pub(crate) fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k String> {
    let letters = name.chars().take(MOST_LETTERS + 1).count();
    if !(FEWEST_LETTERS..=MOST_LETTERS).contains(&letters) {
        return None;
    }
    let name = name.to_lowercase();
    known
        .iter()
        .map(|it| (damerau_levenshtein(&name, &it.to_lowercase()), it))
        .filter(|(wrong, _)| *wrong <= MOST_WRONG)
        .min_by_key(|(wrong, _)| *wrong)
        .map(|(_, it)| it)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_name_that_is_nearly_known_has_a_nearest_one_and_others_have_none() {
        let known = ["method", "success", "data", "url", "header"].map(str::to_owned);
        for (name, meant) in [
            ("metod", Some("method")),
            ("sucess", Some("success")),
            ("headers", Some("header")),
            ("Method", Some("method")),
            ("mehtod", Some("method")),
            ("dat", None),
            ("retries", None),
        ] {
            assert_eq!(nearest(name, &known).map(String::as_str), meant, "{name}");
        }
        assert_eq!(nearest(&"s".repeat(1 << 20), &known), None);
    }
}

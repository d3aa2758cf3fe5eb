//! Needs: several questions in one message, told apart.
//!
//! "How do I cancel, and when do I get my money back?" asks for two articles. Cut conservatively: only between
//! sentences that ask, or before a question word that a joining word introduces, and only where both sides say
//! something. Whether the parts are answered apart is decided when it is seen what they find.

use corpus::Language;

use super::{
    follow::is_follow_up,
    forms::{asks, has_interrogative, interrogative_at_start, is_question, joins, opens_question},
    tokens::{Token, n_words, tokens},
};

/// Parts at most; what would be more stays with the last.
const MAX_PARTS: usize = 3;

/// Fewest words of either side of a cut within a sentence.
const MIN_WORDS: usize = 3;

/// The needs in `sentences`; none when there is one. `n_terms` tells how many terms a text has, stop
/// words aside.
pub(super) fn split(
    sentences: &[String],
    language: Language,
    n_terms: &dyn Fn(&str) -> usize,
) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut context: Vec<&str> = Vec::new();
    for sentence in sentences {
        let questions = is_question(sentence) || asks(sentence, language);
        for clause in clauses(sentence, language, n_terms) {
            if !questions {
                context.push(clause);
                continue;
            }
            let text = join(&context, clause, language);
            context.clear();
            // "Why?", "And for how long?" belong to what was asked before.
            let n_said = n_terms(clause);
            let leans = n_said == 0 || is_follow_up(clause, language, n_said, true);
            let is_full = parts.len() == MAX_PARTS;
            match parts.last_mut() {
                Some(last) if leans || is_full => *last = join(&[last], &text, language),
                _ => parts.push(text),
            }
        }
    }
    if let Some(last) = parts.last_mut() {
        // What is told after the last question belongs to it.
        let more = join(&context, "", language);
        *last = join(&[last], &more, language);
    }
    if parts.len() < 2 { Vec::new() } else { parts }
}

fn join(before: &[&str], last: &str, language: Language) -> String {
    let joint = if language.separates_words() { " " } else { "" };
    let all = before
        .iter()
        .copied()
        .chain([last])
        .filter(|text| !text.is_empty());
    all.collect::<Vec<_>>().join(joint)
}

/// A sentence cut before each question word that a joining word introduces.
fn clauses<'a>(
    sentence: &'a str,
    language: Language,
    n_terms: &dyn Fn(&str) -> usize,
) -> Vec<&'a str> {
    let found = tokens(sentence);
    let mut clauses = Vec::new();
    let mut first = 0;
    for i in 1..found.len() {
        let Some(next) = cut(sentence, &found, first, i, language) else {
            continue;
        };
        let left = sentence[found[first].range.start..found[i - 1].range.end].trim();
        let right = sentence[found[next].range.start..].trim();
        if n_terms(left) > 0 && n_terms(right) > 0 {
            clauses.push(left);
            first = next;
        }
    }
    match found.get(first) {
        // From the start of the text: an opening mark belongs to it.
        Some(_) if first == 0 => clauses.push(sentence),
        Some(token) => clauses.push(sentence[token.range.start..].trim()),
        None => clauses.push(sentence),
    }
    clauses
}

/// Where the next clause begins, when one begins at token `i`; the last one began at `first`.
fn cut(
    sentence: &str,
    found: &[Token],
    first: usize,
    i: usize,
    language: Language,
) -> Option<usize> {
    // Behind a join of several words, the next clause begins later than the next token.
    let left = found.get(first..i)?;
    let gap = &sentence[found[i - 1].range.end..found[i].range.start];
    let has_comma = gap.contains([',', '，', ';', '；', '、']);
    let length = joins(&found[i..], language);
    let next = i + length.unwrap_or(0);
    let right = found.get(next..)?;
    if n_words(left) < MIN_WORDS || n_words(right) < MIN_WORDS {
        return None;
    }
    if language == Language::Zh {
        let both =
            has_comma && has_interrogative(left, language) && has_interrogative(right, language);
        return both.then_some(next);
    }
    length?;
    let asks_left = has_interrogative(left, language) || opens_question(left, language);
    // A verb after "and" may go on with the same clause; after a comma it opens another.
    let asks_right =
        interrogative_at_start(right, language) || has_comma && opens_question(right, language);
    (asks_left && asks_right).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentences: &[&str], language: Language, expected: &[&str]) {
        let sentences: Vec<String> = sentences.iter().map(|s| (*s).to_owned()).collect();
        let n_terms = |text: &str| n_words(&tokens(text)).saturating_sub(1);
        let parts = split(&sentences, language, &n_terms);
        assert_eq!(parts, expected);
    }

    #[test]
    fn two_questions_are_two_parts() {
        check(
            &["How do I cancel, and when do I get my money back?"],
            Language::En,
            &["How do I cancel", "when do I get my money back?"],
        );
        // Joined by two words.
        check(
            &["How do I cancel my order and also when do I get my money back?"],
            Language::En,
            &["How do I cancel my order", "when do I get my money back?"],
        );
        check(
            &["What does shipping cost?", "Can I pick it up myself?"],
            Language::En,
            &["What does shipping cost?", "Can I pick it up myself?"],
        );
        check(
            &["Hoe annuleer ik mijn bestelling en wanneer krijg ik mijn geld terug?"],
            Language::Nl,
            &[
                "Hoe annuleer ik mijn bestelling",
                "wanneer krijg ik mijn geld terug?",
            ],
        );
        check(
            &["Wie storniere ich die Bestellung und wann bekomme ich mein Geld?"],
            Language::De,
            &[
                "Wie storniere ich die Bestellung",
                "wann bekomme ich mein Geld?",
            ],
        );
        check(
            &["Hoe trek ik mijn bod in, en accepteren jullie bitcoin?"],
            Language::Nl,
            &["Hoe trek ik mijn bod in", "accepteren jullie bitcoin?"],
        );
        check(
            &["Wie ziehe ich mein Gebot zurück, und akzeptiert ihr Bitcoin?"],
            Language::De,
            &["Wie ziehe ich mein Gebot zurück", "akzeptiert ihr Bitcoin?"],
        );
        check(
            &["Comment annuler ma commande et quand serai-je remboursé ?"],
            Language::Fr,
            &["Comment annuler ma commande", "quand serai-je remboursé ?"],
        );
        check(
            &["¿Cómo cancelo el pedido y cuándo me devuelven el dinero?"],
            Language::Es,
            &["Cómo cancelo el pedido", "cuándo me devuelven el dinero?"],
        );
        check(
            &["Come annullo l’ordine e quando ricevo il rimborso?"],
            Language::It,
            &["Come annullo l’ordine", "quando ricevo il rimborso?"],
        );
        check(
            &["Como cancelo a encomenda e quando recebo o dinheiro?"],
            Language::Pt,
            &["Como cancelo a encomenda", "quando recebo o dinheiro?"],
        );
        check(
            &["Jak anulować zamówienie i kiedy dostanę zwrot pieniędzy?"],
            Language::Pl,
            &["Jak anulować zamówienie", "kiedy dostanę zwrot pieniędzy?"],
        );
        check(
            &["怎么取消订单，什么时候能退款？"],
            Language::Zh,
            &["怎么取消订单", "什么时候能退款？"],
        );
    }

    #[test]
    fn one_need_stays_one() {
        check(
            &["How do I pack and ship a large painting?"],
            Language::En,
            &[],
        );
        check(
            &[
                "My parcel arrived broken and I am angry.",
                "How do I report it?",
            ],
            Language::En,
            &[],
        );
        check(&["Can I come and have a look?"], Language::En, &[]);
        check(
            &["What if the buyer does not pay and I want to sell it again?"],
            Language::En,
            &[],
        );
        check(
            &["Hoe kan ik mijn bod verhogen en verlagen?"],
            Language::Nl,
            &[],
        );
        check(&["我的包裹坏了，怎么办？"], Language::Zh, &[]);
    }

    #[test]
    fn a_question_that_leans_on_another_stays_with_it() {
        check(
            &["How often can I retract a bid?", "And for how long?"],
            Language::En,
            &[],
        );
        check(
            &["Hoe lang duurt de levering?", "En naar België?"],
            Language::Nl,
            &[],
        );
    }

    #[test]
    fn context_goes_with_the_question_after_it() {
        check(
            &[
                "My vase arrived broken.",
                "How do I report that?",
                "I paid by card.",
                "When do I get a refund?",
            ],
            Language::En,
            &[
                "My vase arrived broken. How do I report that?",
                "I paid by card. When do I get a refund?",
            ],
        );
    }

    #[test]
    fn no_more_than_three() {
        check(
            &[
                "What is one thing?",
                "What is two things?",
                "What is three things?",
                "What is four things?",
            ],
            Language::En,
            &[
                "What is one thing?",
                "What is two things?",
                "What is three things? What is four things?",
            ],
        );
    }
}

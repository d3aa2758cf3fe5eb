use super::*;

const SENTENCES: [(&str, &str); 9] = [
    ("en", include_str!("tests/en.txt")),
    ("nl", include_str!("tests/nl.txt")),
    ("de", include_str!("tests/de.txt")),
    ("fr", include_str!("tests/fr.txt")),
    ("es", include_str!("tests/es.txt")),
    ("it", include_str!("tests/it.txt")),
    ("pt", include_str!("tests/pt.txt")),
    ("pl", include_str!("tests/pl.txt")),
    ("zh", include_str!("tests/zh.txt")),
];

#[test]
fn wishes_for_a_person_are_heard_and_questions_about_people_are_not_wishes() {
    let mut wrong = Vec::new();
    for (language, sentences) in SENTENCES {
        let (mut n_wishes, mut n_others) = (0, 0);
        for line in sentences.lines() {
            let (sign, sentence) = line.split_once(' ').expect(line);
            let expected = sign == "+";
            *if expected {
                &mut n_wishes
            } else {
                &mut n_others
            } += 1;
            if is_requested(sentence) != expected {
                wrong.push(format!("{language}: {line}"));
            }
        }
        assert!(n_wishes >= 25 && n_others >= 25, "{language}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

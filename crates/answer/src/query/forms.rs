//! Forms: by which words a sentence asks, requests, goes on from an earlier one, or points back at one.
//!
//! Languages stand in the order of `Language::ALL`.
//!
//! rustfmt leaves the tables alone: one entry a line would make them a thousand lines long.

use corpus::Language;

use super::tokens::{Token, longest_start, stands_in, tokens};

type Entries = [&'static [&'static str]; 9];

/// Whether a sentence ends as a question.
pub(super) fn is_question(sentence: &str) -> bool {
    sentence
        .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '!' | '"' | ')' | '”'))
        .ends_with(['?', '？'])
}

/// Whether a sentence asks or requests, by its words.
pub(super) fn asks(sentence: &str, language: Language) -> bool {
    let found = tokens(sentence);
    has_interrogative(&found, language)
        || REQUESTS[language.index()]
            .iter()
            .any(|entry| stands_in(&found, &[entry]))
}

/// Whether one of `tokens` asks who, what, when, how.
pub(super) fn has_interrogative(found: &[Token], language: Language) -> bool {
    if language == Language::Zh {
        return stands_in(found, INTERROGATIVES[language.index()]);
    }
    // Further on the same words join clauses: "the day when", "el día que".
    longest_start(found, INTERROGATIVES[language.index()]).is_some()
        || stands_in(found, ASKING_ANYWHERE[language.index()])
}

/// Whether the first word asks who, what, when, how.
pub(super) fn interrogative_at_start(found: &[Token], language: Language) -> bool {
    longest_start(found, INTERROGATIVES[language.index()]).is_some()
}

/// Whether it begins with a word that asks, or with a verb that opens a question.
pub(super) fn opens_question(found: &[Token], language: Language) -> bool {
    longest_start(found, INTERROGATIVES[language.index()]).is_some()
        || longest_start(found, OPENERS[language.index()]).is_some()
        || is_inverted(found, language)
}

/// Whether the subject follows the first word, as in Dutch and German questions: "accepteren jullie", "akzeptiert ihr".
fn is_inverted(found: &[Token], language: Language) -> bool {
    let subjects: &[&str] = match language {
        Language::Nl => &["ik", "je", "jij", "u", "jullie", "we", "wij"],
        Language::De => &["ich", "du", "ihr", "sie", "wir", "man"],
        _ => return false,
    };
    found
        .get(1)
        .is_some_and(|token| subjects.contains(&&*token.word))
}

/// Whether it is asked how to do something: what answers is what to do, one step after the other.
pub(crate) fn asks_how(text: &str, language: Language) -> bool {
    let found = tokens(text);
    if language == Language::Zh {
        return stands_in(&found, HOW[language.index()]);
    }
    // Elsewhere the same words compare: "mehr als wie", "tan grande como".
    (0..found.len()).any(|i| {
        let opens = i == 0
            || text[found[i - 1].range.end..found[i].range.start]
                .contains(|c| ",.;:!?¿".contains(c));
        opens
            && longest_start(&found[i..], HOW[language.index()]).is_some()
            && longest_start(&found[i..], HOW_MUCH[language.index()]).is_none()
    })
}

/// Whether it is asked how much, how many, how long or when: what answers is a figure.
pub(crate) fn asks_figure(text: &str, language: Language) -> bool {
    stands_in(&tokens(text), FIGURE[language.index()])
}

/// What kind of answer a question is after, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// How something is done: steps.
    Steps,
    /// How much, how many, how long, when: a figure.
    Figure,
    /// Whether something is so, or allowed: yes or no, with the conditions.
    Choice,
    /// Anything else.
    Open,
}

/// What kind of answer `text`, a question in `language`, is after.
pub fn form_of(text: &str, language: Language) -> Form {
    let found = tokens(text);
    if asks_figure(text, language) {
        Form::Figure
    } else if asks_how(text, language) {
        Form::Steps
    } else if opens_choice(&found, language) {
        Form::Choice
    } else {
        Form::Open
    }
}

/// Whether yes or no is wanted.
fn opens_choice(found: &[Token], language: Language) -> bool {
    match language {
        Language::Zh => stands_in(
            found,
            &[
                "吗",
                "能不能",
                "可不可以",
                "是否",
                "会不会",
                "需不需要",
                "要不要",
            ],
        ),
        Language::Fr if longest_start(found, &["est ce que", "est ce qu"]).is_some() => true,
        _ => {
            longest_start(found, OPENERS[language.index()]).is_some()
                || is_inverted(found, language)
                    && longest_start(found, INTERROGATIVES[language.index()]).is_none()
        }
    }
}

/// Tokens taken by a word that joins what follows to what went before.
pub(super) fn joins(found: &[Token], language: Language) -> Option<usize> {
    longest_start(found, JOINTS[language.index()])
}

/// Tokens taken by a phrase that only a follow-up begins with: "what about".
pub(super) fn goes_on(found: &[Token], language: Language) -> Option<usize> {
    longest_start(found, GOING_ON[language.index()])
}

/// Whether it begins with a preposition or a condition: "for Belgium", "if it has been sent".
pub(super) fn begins_inside(found: &[Token], language: Language) -> bool {
    longest_start(found, INSIDE[language.index()]).is_some()
}

/// Whether something is pointed at that is not named: "how do I cancel it", "if it has been sent already".
///
/// Many of these words are articles too (`het`, `la`, `das`) or stand for nothing ("is it possible"), so they count
/// only at the end, or before a word that no noun phrase begins with.
pub(super) fn points_back(found: &[Token], language: Language) -> bool {
    let pointers = POINTERS[language.index()];
    if language == Language::Zh {
        return stands_in(found, pointers);
    }
    found.iter().enumerate().any(|(i, token)| {
        // Spanish and Italian hang the pronoun on the verb: `cancelarlo`, `farlo`.
        let hangs_on = matches!(language, Language::Es | Language::It)
            && token.word.len() > 5
            && HANGING.iter().any(|ending| token.word.ends_with(ending));
        hangs_on
            || pointers.contains(&&*token.word)
                && found
                    .get(i + 1)
                    .is_none_or(|next| FOLLOWERS[language.index()].contains(&&*next.word))
    })
}

const HANGING: &[&str] = &[
    "arlo", "erlo", "irlo", "arla", "erla", "irla", "arlos", "erlos", "irlos", "arlas", "arli",
    "erli", "irli", "arle",
];

/// Words that no noun phrase begins with, so that what stands before them is no article.
#[rustfmt::skip]
const FOLLOWERS: Entries = [
    &[
        "already", "also", "too", "back", "again", "now", "yet", "anymore", "if", "when", "and",
        "once", "after", "before", "has", "is", "was", "have", "without", "happens", "happen",
        "later", "first",
    ],
    &["al", "ook", "nog", "niet", "weer", "terug", "nu", "dan", "wel", "doen", "als", "is", "was", "heb", "heeft",
      "kan", "wil", "annuleren", "terugsturen", "intrekken", "wijzigen", "verstuurd", "gebeurt", "later"],
    &[
        "schon", "auch", "noch", "nicht", "wieder", "zurück", "jetzt", "dann", "bereits", "ist",
        "war", "habe", "hat", "machen", "wenn", "passiert", "später", "doch",
    ],
    &["faire", "annuler", "retourner", "renvoyer", "modifier", "changer", "a", "est", "aussi", "déjà", "marche", "ai",
      "retirer", "payer"],
    &[
        "he", "ha", "hago", "hacer", "también", "ya", "cancelo", "devuelvo", "cambio", "pago",
        "envío", "puedo", "es", "antes", "después",
    ],
    &["ho", "ha", "faccio", "fare", "anche", "già", "annullo", "restituisco", "cambio", "pago", "spedisco", "posso",
      "è", "prima", "dopo"],
    &[
        "faço", "fazer", "também", "já", "é", "está", "antes", "depois", "acontece", "funciona",
    ],
    &["zrobić", "anulować", "zwrócić", "zmienić", "wysłać", "też", "już", "jest", "jeszcze", "działa", "trwa",
      "odesłać"],
    &[],
];

#[rustfmt::skip]
const INTERROGATIVES: Entries = [
    &["when", "how", "what", "where", "who", "which", "why", "whose", "at what", "by when", "until when", "from when",
      "what s", "where s", "how s"],
    &["wanneer", "hoe", "wat", "waar", "wie", "welke", "welk", "waarom", "hoeveel", "hoelang", "tot wanneer",
      "vanaf wanneer", "waarmee", "waarheen", "wat voor"],
    &[
        "wann", "wie", "was", "wo", "wer", "welche*", "warum", "wieso", "weshalb", "wieviel",
        "wohin", "bis wann", "ab wann", "womit", "wem", "wen",
    ],
    &["quand", "comment", "combien", "où", "qui", "quel", "quelle", "quels", "quelles", "pourquoi", "que",
      "qu est ce", "à partir de quand", "jusqu à quand", "dans quel", "de combien", "à qui", "est ce que"],
    &["cuándo", "cómo", "cuánto", "cuánta", "cuántos", "cuántas", "dónde", "quién", "qué", "cuál", "cuáles",
      "por qué", "cuando", "como", "cuanto", "donde", "hasta cuándo", "desde cuándo", "a quién", "de qué", "en qué",
      "con qué"],
    &["quando", "come", "quanto", "quanta", "quanti", "quante", "dove", "chi", "che", "cosa", "che cosa", "quale",
      "quali", "perché", "entro quando", "a chi", "da quando", "fino a quando", "qual"],
    &["quando", "como", "quanto", "quanta", "quantos", "quantas", "onde", "quem", "qual", "quais", "que", "o que",
      "porquê", "porque", "por que", "até quando", "a quem", "a partir de quando", "em quanto"],
    &[
        "kiedy", "jak", "ile", "gdzie", "kto", "co", "który", "która", "które", "jaki", "jaka",
        "jakie", "dlaczego", "czemu", "czy", "do kiedy", "od kiedy", "skąd", "dokąd", "komu",
        "jaką", "jakich", "w jaki",
    ],
    &["什么时候", "怎么", "如何", "怎样", "多少", "多久", "哪里", "哪儿", "谁", "什么", "为什么", "几天", "哪个", "哪些", "吗", "能不能", "可不可以", "是否",
      "会不会", "需不需要", "要不要", "几"],
];

/// Words that ask wherever they stand.
#[rustfmt::skip]
const ASKING_ANYWHERE: Entries = [
    &["how do i", "how can i", "how long", "how much", "what do i", "what should i", "where do i", "when will",
      "when do", "can i", "could i", "is it possible", "do i need", "do i have to", "am i allowed"],
    &["hoe kan ik", "hoe moet ik", "hoe lang", "hoeveel", "wat moet ik", "waar kan ik", "kan ik", "mag ik", "moet ik",
      "is het mogelijk", "wanneer krijg"],
    &["wie kann ich", "wie lange", "wie viel", "was muss ich", "was soll ich", "wo kann ich", "kann ich", "darf ich",
      "muss ich", "ist es möglich", "soll ich"],
    &["comment", "combien", "est ce que", "puis je", "dois je", "que dois je", "que faire", "quand", "pourquoi",
      "est il possible", "pourrais je", "ai je"],
    &["cómo", "cuándo", "cuánto", "qué hago", "qué debo", "qué tengo que", "puedo", "dónde", "es posible",
      "tengo que"],
    &["come posso", "come faccio", "quanto tempo", "cosa devo", "che devo", "posso", "devo", "dove posso",
      "è possibile", "quando"],
    &["como posso", "como faço", "quanto tempo", "o que devo", "o que faço", "que devo", "posso", "tenho de",
      "onde posso", "é possível", "quando"],
    &["jak mogę", "jak długo", "ile", "co mam", "co powinienem", "co powinnam", "czy mogę", "gdzie mogę", "czy muszę",
      "czy można", "kiedy", "dlaczego"],
    &[],
];

/// How to do something.
const HOW: Entries = [
    &[
        "how do",
        "how can",
        "how could",
        "how should",
        "how would",
        "how to",
        "how does one",
    ],
    &["hoe"],
    &["wie"],
    &["comment"],
    &["cómo", "como"],
    &["come"],
    &["como"],
    &["jak"],
    &["怎么", "怎样", "如何"],
];

/// What begins like [`HOW`] and asks for a number.
#[rustfmt::skip]
const HOW_MUCH: Entries = [
    &[],
    &["hoe lang", "hoe veel", "hoe hoog", "hoe laat", "hoe vaak", "hoe snel", "hoe duur", "hoe groot", "hoe oud"],
    &["wie lange", "wie lang", "wie viel", "wie viele", "wie hoch", "wie oft", "wie teuer", "wie schnell", "wie groß", "wie alt"],
    &[],
    &[],
    &[],
    &[],
    &["jak długo", "jak dużo", "jak często", "jak szybko", "jak wysoka", "jak wysokie", "jak drogo"],
    &[],
];

/// Words that ask for a figure: an amount, a number, a time.
#[rustfmt::skip]
const FIGURE: Entries = [
    &["how much", "how many", "how long", "how often", "how soon", "how old", "how far", "how fast", "how high", "how late", "how big", "when", "what year", "which year", "what date", "what percentage", "what time", "deadline", "cost", "costs"],
    &["hoeveel", "hoelang", "hoe lang", "hoe veel", "hoe hoog", "hoe laat", "hoe vaak", "hoe snel", "hoe duur", "hoe groot", "hoe oud", "wanneer", "welk jaar", "welk percentage", "termijn", "kost", "kosten"],
    &["wie lange", "wie lang", "wie viel", "wie viele", "wieviel", "wie hoch", "wie oft", "wie teuer", "wie schnell", "wie groß", "wie alt", "wann", "welchem jahr", "bis wann", "welcher prozentsatz", "frist", "kostet", "kosten"],
    &["combien", "quand", "quelle année", "quel délai", "quel pourcentage", "à quelle heure", "quelle date", "coûte", "coût"],
    &["cuánto", "cuánta", "cuántos", "cuántas", "cuanto", "cuantos", "cuantas", "cuándo", "cuando", "qué año", "qué porcentaje", "qué plazo", "qué hora", "qué fecha", "cuesta"],
    &["quanto", "quanta", "quanti", "quante", "quando", "che anno", "quale anno", "quale percentuale", "che ora", "quale data", "entro quando", "costa"],
    &["quanto", "quanta", "quantos", "quantas", "quando", "que ano", "qual percentagem", "qual prazo", "que horas", "que data", "custa"],
    &["ile", "ilu", "jak długo", "jak dużo", "jak często", "jak szybko", "kiedy", "którym roku", "jaki procent", "jaki termin", "kosztuje", "do kiedy"],
    &["多少", "几", "多久", "何时", "什么时候", "多长", "哪年", "哪一年", "哪天", "多大", "多高", "多远", "费用", "期限"],
];

/// Verbs that open a question without such a word.
#[rustfmt::skip]
const OPENERS: Entries = [
    &[
        "can", "could", "do", "does", "did", "is", "are", "will", "would", "may", "should", "must",
        "has", "have", "was", "were", "am",
    ],
    &[
        "kan", "kun", "kunnen", "mag", "moet", "moeten", "is", "zijn", "heb", "heeft", "hebben",
        "wordt", "worden", "krijg", "krijgt", "zal", "zou", "doet", "ben", "gaat", "betaal",
        "betalen",
    ],
    &[
        "kann", "können", "könnt", "darf", "muss", "müssen", "ist", "sind", "hat", "habe", "haben",
        "wird", "werde", "werden", "bekomme", "bekommt", "soll", "gibt", "geht", "kostet", "zahle",
    ],
    &["puis je", "peut on", "pouvez vous", "dois je", "faut il", "est il", "est elle", "a t il", "y a t il",
      "vais je", "serai je", "ai je", "sera t il", "peut il", "peux tu"],
    &["puedo", "se puede", "debo", "tengo que", "hay", "es posible", "me devuelven", "me devolvéis", "recibo", "está",
      "pueden", "hay que", "recibiré", "tengo"],
    &["posso", "si può", "devo", "c è", "ci sono", "è possibile", "ricevo", "mi rimborsate", "bisogna", "potete",
      "ho diritto", "ricevero", "riceverò"],
    &["posso", "pode se", "devo", "tenho de", "há", "é possível", "recebo", "é preciso", "podem", "tenho direito",
      "receberei"],
    &["czy", "można", "mogę", "muszę", "da się", "dostanę"],
    &["能", "可以", "会", "要", "需要", "是否"],
];

#[rustfmt::skip]
const REQUESTS: Entries = [
    &["please help", "help me", "i need", "i want to", "i d like to", "i would like to", "i can t", "i cannot",
      "i m trying to", "tell me", "explain", "let me know"],
    &["help mij", "help me", "ik wil", "ik zou graag", "ik kan niet", "ik kan mijn", "het lukt niet", "lukt het niet",
      "vertel me", "graag hulp", "ik probeer"],
    &["helfen sie mir", "helft mir", "ich brauche", "ich will", "ich möchte", "ich kann nicht", "ich kann mich nicht",
      "ich versuche", "bitte um hilfe", "ich würde gern*"],
    &["aidez moi", "j ai besoin", "je veux", "je voudrais", "j aimerais", "je n arrive pas", "je ne peux pas",
      "je ne parviens pas", "j essaie"],
    &["ayuda", "ayudadme", "necesito", "quiero", "quisiera", "me gustaría", "no puedo", "no consigo", "intento"],
    &["aiutatemi", "ho bisogno", "voglio", "vorrei", "non riesco", "non posso", "sto cercando di"],
    &["ajudem me", "preciso", "quero", "queria", "gostaria", "gostava", "não consigo", "não posso", "estou a tentar"],
    &["pomóżcie", "proszę o pomoc", "potrzebuję", "chcę", "chciałbym", "chciałabym", "nie mogę", "nie da się",
      "próbuję"],
    &["帮帮我", "帮我", "我需要", "我想", "我要", "无法", "不能", "没办法", "求助"],
];

#[rustfmt::skip]
const JOINTS: Entries = [
    &[
        "and", "or", "but", "and also", "also", "plus", "and then", "then", "and so",
    ],
    &["en", "of", "maar", "en ook", "ook", "en dan", "dan", "en verder"],
    &["und", "oder", "aber", "und auch", "außerdem", "und dann", "und außerdem", "dann"],
    &["et", "ou", "mais", "et aussi", "et puis", "et puis aussi", "et ensuite", "et alors", "et du coup"],
    &["y", "e", "o", "pero", "y también", "y además", "y entonces", "y luego", "además"],
    &[
        "e", "ed", "o", "ma", "e anche", "e poi", "inoltre", "e allora",
    ],
    &["e", "ou", "mas", "e também", "e depois", "e então", "além disso"],
    &[
        "a", "i", "oraz", "ale", "albo", "lub", "i czy", "a także", "a czy", "no i",
    ],
    &[
        "还有", "那么", "那", "另外", "以及", "而且", "并且", "然后", "和", "但是", "或者", "此外",
    ],
];

#[rustfmt::skip]
const GOING_ON: Entries = [
    &["what about", "how about", "and what about", "and how about", "and what if", "what if", "but what if",
      "same for", "and the same for", "does that also", "does this also", "is that also", "and is that", "what else",
      "even if", "also for", "also if"],
    &["hoe zit het met", "en hoe zit het met", "hoe zit dat met", "en hoe zit dat", "en wat als", "wat als",
      "maar wat als", "en als", "maar als", "geldt dat ook", "geldt dit ook", "en geldt dat", "ook als", "ook voor"],
    &["wie sieht es aus", "und wie sieht es", "wie ist es", "wie ist das", "und was ist mit", "was ist mit",
      "und wenn", "aber wenn", "was wenn", "und was wenn", "gilt das auch", "gilt dies auch", "auch wenn", "auch für",
      "was passiert wenn"],
    &["qu en est il", "et si", "mais si", "et pour", "et pour ce qui", "et quand est ce que", "est ce pareil",
      "c est pareil", "pareil pour", "même chose pour", "est ce aussi", "même si", "aussi pour"],
    &["qué pasa con", "y qué pasa", "qué pasa si", "y qué pasa si", "y si", "pero si", "y para", "y en", "lo mismo",
      "vale también", "también para", "y en el caso", "aunque"],
    &["e se", "ma se", "e per", "che succede se", "e cosa succede", "e nel caso", "vale anche", "lo stesso", "e in",
      "anche per", "anche se", "e con"],
    &["e se", "mas se", "e para", "e no caso", "o que acontece se", "e quanto a", "também vale", "o mesmo", "e em",
      "também para", "mesmo que", "e com"],
    &["a co z", "co z", "a co jeśli", "co jeśli", "a co jeżeli", "a jeśli", "a jeżeli", "ale jeśli", "a dla", "a do",
      "a w", "a gdy", "czy to też", "czy tak samo", "czy to samo", "nawet jeśli", "a kiedy to"],
    &["那如果", "如果是", "那么如果", "那要是", "要是", "那对于", "也一样", "也是这样"],
];

#[rustfmt::skip]
const INSIDE: Entries = [
    &[
        "for", "to", "from", "with", "via", "in", "by", "after", "before", "without", "if",
        "when it", "outside", "within", "through", "because", "unless",
    ],
    &["voor", "naar", "van", "met", "via", "in", "uit", "na", "zonder", "als", "binnen", "buiten", "per", "indien",
      "wanneer het", "bij"],
    &["für", "nach", "von", "mit", "über", "in", "aus", "ohne", "wenn", "falls", "innerhalb", "außerhalb", "per",
      "vor", "bei"],
    &[
        "pour", "vers", "de", "depuis", "avec", "via", "en", "par", "après", "avant", "sans", "si",
        "hors", "dans", "au", "aux", "à",
    ],
    &["para", "hacia", "desde", "con", "por", "en", "tras", "antes de", "sin", "si", "fuera de", "dentro de", "a",
      "al", "mediante"],
    &[
        "per", "verso", "da", "con", "tramite", "in", "dopo", "prima", "senza", "se", "fuori",
        "entro", "a", "al", "dal",
    ],
    &["para", "desde", "de", "com", "por", "em", "após", "depois de", "antes de", "sem", "se", "fora", "dentro", "no",
      "na", "através"],
    &[
        "dla", "do", "z", "ze", "przez", "w", "po", "przed", "bez", "jeśli", "jeżeli", "gdy",
        "poza", "na", "od", "przy", "spoza",
    ],
    &["如果", "要是", "对于", "从", "寄到", "寄往"],
];

#[rustfmt::skip]
const POINTERS: Entries = [
    &["it", "this", "that", "them", "these", "those", "there"],
    &[
        "het", "dit", "dat", "die", "deze", "ze", "hem", "daar", "daarvan", "ervoor", "ermee",
        "daarmee", "daarvoor",
    ],
    &[
        "es", "das", "dies", "diese", "dieser", "ihn", "sie", "dort", "dafür", "damit", "davon",
        "dazu",
    ],
    &[
        "ça", "cela", "ceci", "le", "la", "les", "l", "celui", "celle",
    ],
    &["lo", "la", "los", "las", "eso", "esto", "ello", "allí"],
    &["lo", "la", "li", "questo", "questa", "quello", "ciò"],
    &[
        "isso", "isto", "aquilo", "lo", "la", "lá", "disso", "nisso", "o",
    ],
    &[
        "to", "tego", "temu", "tym", "go", "je", "ją", "tam", "wtedy",
    ],
    &["它", "这个", "那个", "这样", "那样", "那里", "这种情况", "那种情况"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_asks(sentence: &str, language: Language, expected: bool) {
        assert_eq!(asks(sentence, language), expected, "{sentence}");
    }

    #[test]
    fn sentences_ask_without_a_question_mark() {
        check_asks("how do i cancel", Language::En, true);
        check_asks("ik wil mijn bod intrekken", Language::Nl, true);
        check_asks(
            "Ich kann mich nicht anmelden, das nervt",
            Language::De,
            true,
        );
        check_asks("dites-moi combien ça coûte", Language::Fr, true);
        check_asks("necesito cambiar la cuenta", Language::Es, true);
        check_asks("non riesco a pagare", Language::It, true);
        check_asks("quero saber das taxas", Language::Pt, true);
        check_asks("proszę o pomoc", Language::Pl, true);
        check_asks("我想修改地址", Language::Zh, true);
        check_asks("The weather was nice.", Language::En, false);
        check_asks("Het pakket kwam dinsdag.", Language::Nl, false);
    }

    #[track_caller]
    fn check_form(text: &str, language: Language, expected: Form) {
        assert_eq!(form_of(text, language), expected, "{text}");
    }

    #[test]
    fn what_is_wanted_is_told_by_the_words() {
        check_form("How do I change my address?", Language::En, Form::Steps);
        check_form("How much does it cost?", Language::En, Form::Figure);
        check_form("Can I swap an object?", Language::En, Form::Choice);
        check_form("Why was my listing refused?", Language::En, Form::Open);
        check_form("Wanneer krijg ik mijn geld?", Language::Nl, Form::Figure);
        check_form("Accepteren jullie cheques?", Language::Nl, Form::Choice);
        check_form("Wo sehe ich das?", Language::De, Form::Open);
        check_form(
            "Est-ce que je peux payer en deux fois ?",
            Language::Fr,
            Form::Choice,
        );
        check_form("¿Puedo pagar a plazos?", Language::Es, Form::Choice);
        check_form("Come posso cambiare il nome?", Language::It, Form::Steps);
        check_form("Posso devolver o objeto?", Language::Pt, Form::Choice);
        check_form("Czy mogę zapłacić gotówką?", Language::Pl, Form::Choice);
        check_form("可以换货吗？", Language::Zh, Form::Choice);
        check_form("多少钱？", Language::Zh, Form::Figure);
        check_form("the app is slow", Language::En, Form::Open);
    }

    #[track_caller]
    fn check_how(text: &str, language: Language, expected: bool) {
        assert_eq!(asks_how(text, language), expected, "{text}");
    }

    #[test]
    fn how_asks_for_steps_and_how_much_does_not() {
        check_how("How do I withdraw a bid?", Language::En, true);
        check_how("How much do you charge?", Language::En, false);
        check_how("I won. How can I pay?", Language::En, true);
        check_how("Hoe trek ik mijn bod in?", Language::Nl, true);
        check_how("Hoe lang duurt het?", Language::Nl, false);
        check_how("Wie ziehe ich ein Gebot zurück?", Language::De, true);
        check_how("Wie hoch ist die Gebühr?", Language::De, false);
        check_how("Das ist mehr als wie vereinbart", Language::De, false);
        check_how("Comment retirer une enchère ?", Language::Fr, true);
        check_how("¿Cómo retiro una puja?", Language::Es, true);
        check_how("Come ritiro un’offerta?", Language::It, true);
        check_how("Como retiro um lance?", Language::Pt, true);
        check_how("Jak wycofać ofertę?", Language::Pl, true);
        check_how("Jak długo to trwa?", Language::Pl, false);
        check_how("我要怎么撤回出价？", Language::Zh, true);
        check_how("什么时候付款？", Language::Zh, false);
    }

    #[test]
    fn question_marks_end_questions() {
        assert!(is_question("Really?!"));
        assert!(is_question("多久？"));
        assert!(!is_question("Yes."));
    }
}

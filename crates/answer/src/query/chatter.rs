//! Chatter: greetings, thanks, excuses, signatures and numbers of orders around what a customer asks.
//!
//! They are good manners and bad queries. What is left is what retrieval reads; the customer's own text is kept beside
//! it. Languages stand in the order of `Language::ALL`; texts are looked through in their own language and in English,
//! since many greet in it.
//!
//! rustfmt leaves the tables alone: one entry a line would make them a thousand lines long.

use corpus::Language;

use super::tokens::{Token, longest_end, longest_start, match_start, n_words, stands_in, tokens};

type Entries = [&'static [&'static str]; 9];

/// Words between a greeting and its comma: "Dear Zeldhof support team,".
const MAX_ADDRESSEE_WORDS: usize = 4;

/// Words of a sentence that is nothing but good manners, at most.
const MAX_MANNERS_WORDS: usize = 14;

/// Words of a line that takes leave, at most.
const MAX_LEAVE_WORDS: usize = 7;

/// Fewest digits of a number that names an order rather than counts something.
const MIN_DIGITS_OF_A_REFERENCE: usize = 6;

/// A sentence without the chatter at either end; empty when it is nothing else.
pub(super) fn without(sentence: &str, language: Language) -> &str {
    let asks = sentence.contains(['?', '？']);
    let mut rest = without_greeting(sentence.trim(), language);
    let found = tokens(rest);
    let at_start = |lists| in_either(lists, language, |entries| longest_start(&found, entries));
    // "Sorry to bother you again" is good manners from end to end, and so is "thanks for your time"; but who writes
    // more than that, or asks, has something to say.
    let thanks = |entries: &[&str]| {
        let thanks = entries.iter().filter(|entry| !PLEASE.contains(entry));
        thanks.filter_map(|entry| match_start(&found, entry)).max()
    };
    let is_manners = !asks
        && n_words(&found) <= MAX_MANNERS_WORDS
        && !stands_in(&found, BUT)
        && (at_start(&MANNERS).is_some() || in_either(&THANKS, language, thanks).is_some());
    if is_manners {
        return "";
    }
    loop {
        let before = rest;
        rest = without_start(rest, language);
        rest = without_end(rest, language);
        if rest == before {
            break;
        }
    }
    if rest.chars().any(char::is_alphanumeric) {
        rest
    } else {
        ""
    }
}

/// Whether a sentence or a line takes leave; what follows is a name.
pub(super) fn takes_leave(line: &str, language: Language) -> bool {
    let found = tokens(line);
    if found.len() > MAX_LEAVE_WORDS || line.contains(['?', '？']) {
        return false;
    }
    in_either(&LEAVE, language, |entries| longest_start(&found, entries)).is_some()
}

fn without_greeting(text: &str, language: Language) -> &str {
    let found = tokens(text);
    if let Some(length) = in_either(&GREETINGS, language, |entries| {
        longest_start(&found, entries)
    }) {
        let end = found[length - 1].range.end;
        return after(text, past_addressee(text, &found, length).unwrap_or(end));
    }
    text
}

fn without_start(text: &str, language: Language) -> &str {
    let text = without_greeting(text, language);
    let found = tokens(text);
    let asking = in_either(&FRAMES, language, |entries| longest_start(&found, entries))
        .or_else(|| in_either(&THANKS, language, |entries| longest_start(&found, entries)));
    match asking {
        Some(length) => after(text, found[length - 1].range.end),
        None => text,
    }
}

/// The end of whoever is greeted, when a comma, an exclamation mark or a dash follows soon.
fn past_addressee(text: &str, found: &[Token], length: usize) -> Option<usize> {
    let addressee = found.iter().skip(length).take(MAX_ADDRESSEE_WORDS);
    let start = found[length - 1].range.end;
    let last = found
        .get(length + MAX_ADDRESSEE_WORDS)
        .map_or(text.len(), |token| token.range.start);
    let end = text[start..last].find([',', '!', '，', '！', '–', ':', '：', '.', '。'])?;
    // "Hi, my parcel" greets nobody by "my parcel".
    let mut cut = addressee.filter(|token| token.range.end <= start + end);
    cut.all(|token| !NOT_AN_ADDRESSEE.contains(&&*token.word))
        .then_some(start + end)
}

/// What follows `end`, without the punctuation in between.
fn after(text: &str, end: usize) -> &str {
    text[end..].trim_start_matches(|c: char| !c.is_alphanumeric() && !is_opening(c))
}

const fn is_opening(character: char) -> bool {
    matches!(
        character,
        '¿' | '¡' | '"' | '“' | '„' | '«' | '(' | '#' | '€' | '$' | '£'
    )
}

fn without_end(text: &str, language: Language) -> &str {
    let found = tokens(text);
    match in_either(&THANKS, language, |entries| longest_end(&found, entries)) {
        // Alone it was looked at from the front already.
        Some(length) if length < found.len() => {
            let start = found[found.len() - length].range.start;
            let rest = text[..start].trim_end_matches(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '，' | '-' | '–' | ';')
            });
            let asks = text.trim_end().ends_with(['?', '？']) && !rest.ends_with(['?', '？']);
            if asks { text } else { rest }
        }
        _ => text,
    }
}

fn in_either<T>(
    lists: &Entries,
    language: Language,
    find: impl Fn(&[&str]) -> Option<T>,
) -> Option<T> {
    find(lists[language.index()]).or_else(|| find(lists[Language::En.index()]))
}

/// `text` without numbers of orders, e-mail addresses and account numbers, unless an article has them, as it has the
/// code of an error: `is_known` tells. Empty when it says no more than which order it is about.
pub(super) fn without_references(text: &str, is_known: &dyn Fn(&str) -> bool) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let kept = words
        .iter()
        .filter(|word| !is_reference(word) || is_known(word));
    let kept: Vec<&str> = kept.copied().collect();
    let rest = kept.join(" ");
    let found = tokens(&rest);
    let only_names_it = kept.len() < words.len()
        && found
            .iter()
            .all(|token| ABOUT_A_REFERENCE.contains(&&*token.word));
    if only_names_it { String::new() } else { rest }
}

fn is_reference(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
    if let Some(number) = bare.strip_prefix('#') {
        return number.chars().filter(char::is_ascii_digit).count() >= 3;
    }
    if bare.contains('@') && bare.contains('.') {
        return true;
    }
    // `25-11-2026` is a day.
    if bare
        .split('-')
        .all(|part| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
    {
        return false;
    }
    let n_digits = bare.chars().filter(char::is_ascii_digit).count();
    // A price, a date or a postcode is shorter, or has marks in it that a reference has not.
    n_digits >= MIN_DIGITS_OF_A_REFERENCE
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Of the words of thanks, those that also begin a request.
const PLEASE: &[&str] = &[
    "please",
    "pls",
    "alsjeblieft",
    "alstublieft",
    "aub",
    "ajb",
    "bitte",
    "s il vous plaît",
    "s il te plaît",
    "svp",
    "stp",
    "por favor",
    "se faz favor",
    "per favore",
    "per piacere",
    "proszę",
    "拜托了",
];

/// After these comes what it is about.
const BUT: &[&str] = &[
    "but", "maar", "aber", "mais", "pero", "ma", "mas", "ale", "但", "可是", "不过",
];

/// Words around the number of an order.
const ABOUT_A_REFERENCE: &[&str] = &[
    "my",
    "order",
    "number",
    "is",
    "no",
    "nr",
    "n",
    "reference",
    "ref",
    "the",
    "mijn",
    "bestelnummer",
    "bestelling",
    "ordernummer",
    "meine",
    "bestellnummer",
    "bestellung",
    "lautet",
    "ma",
    "commande",
    "numéro",
    "de",
    "est",
    "mi",
    "número",
    "pedido",
    "es",
    "ordine",
    "numero",
    "il",
    "mio",
    "è",
    "encomenda",
    "minha",
    "é",
    "º",
    "o",
    "da",
    "a",
    "zamówienie",
    "zamówienia",
    "numer",
    "mój",
    "nazwa",
    "订",
    "单",
    "号",
    "是",
    "我",
    "的",
];

/// Words that begin what is said, not who is greeted.
const NOT_AN_ADDRESSEE: &[&str] = &[
    "my", "the", "a", "i", "we", "is", "can", "how", "when", "what", "mijn", "de", "het", "een",
    "ik", "kan", "hoe", "mein", "meine", "der", "die", "das", "ich", "wie", "mon", "ma", "mes",
    "le", "la", "j", "je", "mi", "mis", "el", "yo", "he", "il", "lo", "mio", "mia", "ho", "io",
    "meu", "minha", "o", "eu", "mój", "moja", "moje", "ja", "jak", "我", "怎", "请",
];

#[rustfmt::skip]
const GREETINGS: Entries = [
    &["hi", "hello", "hey", "hiya", "good morning", "good afternoon", "good evening", "good day", "dear", "hi there",
      "hello there", "hey there", "greetings", "to whom it may concern", "hi all", "hi team"],
    &["hoi", "hallo", "hi", "hey", "goedemorgen", "goedemiddag", "goedenavond", "goedendag", "goeiedag", "dag",
      "beste", "geachte", "hallo daar", "hoi daar", "goede morgen", "goede middag"],
    &["hallo", "hi", "hey", "moin", "servus", "guten tag", "guten morgen", "guten abend", "grüß gott",
      "sehr geehrte damen und herren", "sehr geehrte*", "liebe", "lieber", "liebes", "hallo zusammen", "hallo liebes",
      "schönen guten tag"],
    &["bonjour", "bonsoir", "salut", "coucou", "madame monsieur", "madame", "monsieur", "cher", "chère",
      "bonjour à tous", "bonjour madame monsieur", "chers"],
    &["hola", "buenos días", "buenas tardes", "buenas noches", "buenas", "buen día", "estimado*", "estimada*",
      "hola a todos", "hola buenas", "hola buenos días", "hola buenas tardes", "saludos"],
    &["ciao", "salve", "buongiorno", "buonasera", "buon giorno", "buona sera", "gentile", "gentili", "egregi",
      "spettabile", "ciao a tutti", "buon pomeriggio"],
    &["olá", "ola", "oi", "bom dia", "boa tarde", "boa noite", "viva", "caro", "cara", "caros", "exmos senhores",
      "prezados", "olá a todos", "olá bom dia", "olá boa tarde"],
    &["cześć", "witam", "dzień dobry", "dobry wieczór", "hej", "witajcie", "szanowni państwo", "szanowny panie",
      "szanowna pani", "siema", "witam serdecznie"],
    &["你好", "您好", "你们好", "早上好", "下午好", "晚上好", "大家好", "嗨", "亲", "客服你好", "客服您好", "哈喽", "尊敬的客服"],
];

#[rustfmt::skip]
const THANKS: Entries = [
    &["thanks ever so much", "ta x", "thanks a million", "thank you ever so much", "thanks", "thank you",
      "thanks in advance", "thank you in advance", "thanks a lot", "many thanks", "thank you so much",
      "thank you very much", "thanks so much", "thanks for your help", "thank you for your help",
      "thanks for helping", "thx", "cheers", "please", "much appreciated", "any help appreciated", "i appreciate it",
      "thanks again", "pls"],
    &["dank jullie wel", "dank jullie wel alvast", "dank je wel alvast", "alvast heel erg bedankt en", "bedankt",
      "alvast bedankt", "dank je", "dank u", "dankjewel", "dank je wel", "dank u wel", "bvd", "hartelijk dank",
      "bij voorbaat dank", "alvast heel erg bedankt", "alvast dank", "heel erg bedankt", "bedankt voor de hulp",
      "bedankt voor je hulp", "bedankt voor jullie hulp", "thanks", "alsjeblieft", "alstublieft", "aub", "ajb",
      "super bedankt"],
    &["schon mal danke", "danke schon mal", "vielen lieben dank und", "danke", "danke schön", "vielen dank",
      "vielen dank im voraus", "danke im voraus", "danke für die hilfe", "vielen dank für ihre hilfe",
      "vielen dank für eure hilfe", "herzlichen dank", "besten dank", "dankeschön", "ich danke ihnen", "bitte",
      "schon mal danke", "vielen lieben dank"],
    &["merci", "merci d avance", "merci beaucoup", "merci par avance", "merci pour votre aide", "merci de votre aide",
      "merci bien", "je vous remercie", "je vous remercie d avance", "en vous remerciant", "s il vous plaît",
      "s il te plaît", "svp", "stp", "mille mercis", "merci à vous"],
    &["muchísimas gracias", "muchísimas gracias de antemano", "gracias", "muchas gracias", "gracias de antemano",
      "muchas gracias de antemano", "mil gracias", "gracias por su ayuda", "gracias por vuestra ayuda",
      "gracias por la ayuda", "por favor", "gracias por todo", "os lo agradezco"],
    &["grazie", "grazie mille", "grazie in anticipo", "grazie anticipatamente", "vi ringrazio", "ringrazio",
      "la ringrazio", "grazie per l aiuto", "grazie infinite", "per favore", "per piacere", "grazie tante",
      "grazie dell aiuto"],
    &["obrigado", "obrigada", "muito obrigado", "muito obrigada", "obrigado desde já", "obrigada desde já",
      "desde já obrigado", "desde já obrigada", "agradeço desde já", "por favor", "se faz favor",
      "obrigado pela ajuda", "obrigada pela ajuda", "agradecia"],
    &["z góry bardzo dziękuję", "dziękuję", "dzięki", "z góry dziękuję", "dziękuję z góry", "dziękuję bardzo",
      "bardzo dziękuję", "z góry dzięki", "dziękuję za pomoc", "dzięki za pomoc", "proszę", "pozdrawiam i dziękuję",
      "będę wdzięczny", "będę wdzięczna"],
    &["谢谢", "非常感谢", "感谢", "多谢", "谢谢啦", "谢谢您", "谢谢你", "谢谢你们", "麻烦了", "麻烦您了", "先谢谢了", "提前谢谢", "十分感谢", "万分感谢", "拜托了"],
];

#[rustfmt::skip]
const FRAMES: Entries = [
    &["sorry to bother you again", "anyway", "basically", "so basically", "long story short",
      "so basically long story short", "if you could tell me", "if you could help me", "if you can tell me",
      "i just want to ask", "i was wondering if you could tell me", "i was wondering if you could help me",
      "i was wondering if", "i was just wondering", "i was wondering", "i wonder if you could tell me",
      "could you please tell me", "could you tell me", "can you tell me", "can you please tell me",
      "can anyone tell me", "please tell me", "please let me know", "could you let me know", "can you let me know",
      "could you please explain", "could you explain to me", "can you explain", "would you mind telling me",
      "would you be so kind as to tell me", "i would like to know", "i d like to know", "i want to know",
      "i need to know", "i just want to know", "i just wanted to ask", "i wanted to ask", "i want to ask",
      "i would like to ask", "i have a question", "i have a quick question", "quick question",
      "just a quick question", "do you happen to know", "do you know", "any idea", "sorry to bother you",
      "sorry to bother you but", "sorry", "excuse me", "so", "ok so", "well", "ok", "okay"],
    &["even een vraagje hoor", "lang verhaal kort", "of jullie mij kunnen vertellen", "of jullie me kunnen vertellen",
      "of u mij kunt vertellen", "of je me kunt vertellen", "maar", "ik vroeg me af of jullie mij kunnen vertellen",
      "ik vroeg me af of u mij kunt vertellen", "ik vroeg me af of je me kunt vertellen", "ik vroeg me af",
      "ik vraag me af", "kunt u mij vertellen", "kunnen jullie mij vertellen", "kunnen jullie me vertellen",
      "kun je me vertellen", "kun je mij vertellen", "kunt u mij zeggen", "zou u mij kunnen vertellen",
      "zouden jullie mij kunnen vertellen", "zou je me kunnen vertellen", "graag wil ik weten",
      "graag zou ik willen weten", "ik wil graag weten", "ik zou graag willen weten", "ik zou graag weten",
      "ik wilde vragen", "ik wou vragen", "mag ik vragen", "mag ik weten", "ik heb een vraag", "ik heb een vraagje",
      "even een vraagje", "vraagje", "korte vraag", "weet u", "weten jullie", "weet iemand", "sorry dat ik stoor",
      "sorry", "nou", "dus", "oké", "ok"],
    &["lange rede kurzer sinn", "kurz gesagt", "ob sie mir sagen können", "ob ihr mir sagen könnt",
      "ich wollte fragen", "ich wollte mal fragen", "ich wollte nur fragen", "ich wollte wissen", "ich möchte wissen",
      "ich würde gerne wissen", "ich würde gern wissen", "ich möchte gerne wissen", "ich habe mich gefragt",
      "ich frage mich", "können sie mir sagen", "könnten sie mir sagen", "könnten sie mir bitte sagen",
      "können sie mir bitte sagen", "kannst du mir sagen", "könnt ihr mir sagen", "könntet ihr mir sagen",
      "könnten sie mir erklären", "ich habe eine frage", "ich hätte eine frage", "ich hab da mal ne frage",
      "kurze frage", "eine kurze frage", "wissen sie", "wisst ihr", "weiß jemand", "entschuldigung",
      "entschuldigen sie", "entschuldigen sie die störung", "also", "ok", "tja"],
    &["bref", "si vous pouviez me dire", "si vous pourriez me dire", "par contre",
      "je me demandais si vous pouviez me dire", "je me demandais", "je me demande", "pourriez vous me dire",
      "pouvez vous me dire", "pourriez vous s il vous plaît me dire", "peux tu me dire", "pourriez vous m indiquer",
      "pouvez vous m indiquer", "pouvez vous m expliquer", "pourriez vous m expliquer", "je voudrais savoir",
      "j aimerais savoir", "je souhaiterais savoir", "je souhaite savoir", "je voulais savoir",
      "je voulais vous demander", "je voulais demander", "j ai une question", "j ai une petite question",
      "petite question", "juste une question", "savez vous", "est ce que vous savez", "excusez moi",
      "désolé de vous déranger", "désolée de vous déranger", "pardon", "alors", "ok", "bon"],
    &["me preguntaba si me podríais decir", "si me podríais decir", "si me podrían decir", "si podrían decirme",
      "total que", "en fin", "resumiendo", "me preguntaba si me podrían decir", "me preguntaba si podrían decirme",
      "me preguntaba", "me gustaría saber", "quisiera saber", "quería saber", "querría saber", "quiero saber",
      "quería preguntar", "quería preguntaros", "quería preguntarles", "me podrían decir", "me podríais decir",
      "me podéis decir", "me pueden decir", "me puedes decir", "podrían decirme", "podríais decirme",
      "podéis decirme", "pueden decirme", "puedes decirme", "podría decirme", "pueden explicarme",
      "tengo una pregunta", "tengo una duda", "una pregunta", "una duda", "sabéis", "saben", "alguien sabe", "perdón",
      "perdonad", "disculpen", "disculpad", "disculpe la molestia", "disculpen las molestias", "pues", "bueno", "ok"],
    &["se poteste dirmi", "se mi potete dire", "insomma", "in breve", "mi chiedevo se poteste dirmi", "mi chiedevo",
      "mi domandavo", "vorrei sapere", "volevo sapere", "vorrei chiedere", "volevo chiedere", "volevo chiedervi",
      "mi potete dire", "potete dirmi", "potreste dirmi", "mi potreste dire", "mi può dire", "può dirmi",
      "potrebbe dirmi", "puoi dirmi", "mi sapete dire", "sapete dirmi", "sapreste dirmi", "potete spiegarmi",
      "ho una domanda", "avrei una domanda", "una domanda", "una domanda veloce", "sapete", "qualcuno sa", "scusate",
      "scusate il disturbo", "scusi", "scusi il disturbo", "allora", "ok", "beh"],
    &["se me podiam dizer", "se me podem dizer", "enfim", "em resumo", "gostaria de saber", "queria saber",
      "gostava de saber", "queria perguntar", "gostaria de perguntar", "podem dizer me", "podiam dizer me",
      "poderiam dizer me", "pode dizer me", "poderia dizer me", "podes dizer me", "sabem dizer me",
      "podem explicar me", "podem informar me", "estava a pensar se me podiam dizer", "tenho uma pergunta",
      "tenho uma dúvida", "uma pergunta", "uma dúvida", "sabem", "alguém sabe", "desculpe", "desculpem",
      "desculpe incomodar", "desculpem incomodar", "desculpem o incómodo", "pois", "então", "ok"],
    &["krótko mówiąc", "jednym słowem", "zastanawiam się", "zastanawiałem się", "zastanawiałam się",
      "chciałbym wiedzieć", "chciałabym wiedzieć", "chciałbym się dowiedzieć", "chciałabym się dowiedzieć",
      "chcę wiedzieć", "chciałem zapytać", "chciałam zapytać", "chciałbym zapytać", "chciałabym zapytać",
      "czy możecie mi powiedzieć", "czy mogą państwo powiedzieć", "czy mogliby państwo powiedzieć",
      "czy moglibyście mi powiedzieć", "możecie mi powiedzieć", "proszę o informację", "proszę mi powiedzieć",
      "proszę powiedzieć", "mam pytanie", "mam takie pytanie", "mam krótkie pytanie", "krótkie pytanie", "czy wiecie",
      "czy ktoś wie", "przepraszam", "przepraszam że przeszkadzam", "no więc", "ok"],
    &["长话短说", "总之", "请问一下", "请问", "想问一下", "我想问一下", "想请问一下", "我想请问", "我想知道", "想知道", "我想咨询一下", "想咨询一下", "咨询一下", "麻烦问一下",
      "麻烦告诉我", "能告诉我", "可以告诉我", "能不能告诉我", "能否告诉我", "可不可以告诉我", "请告诉我", "我有个问题", "有个问题", "不好意思", "不好意思打扰了", "打扰一下",
      "打扰了", "抱歉"],
];

#[rustfmt::skip]
const MANNERS: Entries = [
    &["sorry to bother", "me again", "it s me again", "i m sure you", "i ve been meaning to write", "hope ur",
      "love this site", "i hope you", "hope you", "i hope this", "hope this", "hope all", "sorry to be a bother",
      "sorry to trouble", "sorry for bothering", "sorry for my english", "nice to meet", "my name is", "have a nice",
      "have a great", "have a good", "looking forward", "i look forward", "i m looking forward", "first of all i",
      "love your", "great site", "great website", "keep up", "you are doing a great", "bear with me",
      "hoping you can help", "i hope somebody"],
    &["sorry dat ik stoor", "hopelijk gaat", "ik weer", "hee ik weer", "u heeft het vast druk",
      "jullie hebben het vast", "ik hoop", "hopelijk kunnen jullie", "hopelijk kunt u", "hopelijk kun je",
      "sorry voor het storen", "mijn naam is", "fijne dag", "prettige dag", "fijne avond", "nog een fijne",
      "ik hoor graag", "ik hoor het graag", "in afwachting", "ik zie jullie reactie", "leuke site", "wat een leuke",
      "ik ben al jaren klant", "alvast een fijne"],
    &["entschuldigen sie die störung", "ich bins nochmal", "ich bin s nochmal", "hoffe alles gut", "sie haben sicher",
      "ihr habt sicher", "ich hoffe", "hoffentlich können", "hoffentlich könnt", "mein name ist", "schönen tag",
      "einen schönen", "ich freue mich", "ich würde mich freuen", "über eine antwort", "ich bin schon lange kund*",
      "tolle seite", "super seite", "entschuldigung für die störung", "sorry für die störung"],
    &["désolé de vous déranger", "désolée de vous déranger", "c est encore moi", "vous devez être", "j espère que",
      "je m appelle", "bonne journée", "bonne soirée", "dans l attente", "en attente de",
      "je reste à votre disposition", "en espérant", "super site", "j adore votre", "désolé pour", "désolée pour",
      "veuillez agréer"],
    &["perdonad la molestia", "perdonen la molestia", "disculpad la molestia", "soy yo otra vez", "seguro que estáis",
      "espero que", "me llamo", "mi nombre es", "que tengan un", "que tengáis un", "buen día a todos",
      "quedo a la espera", "quedo a la espera de", "a la espera de", "espero su respuesta",
      "espero vuestra respuesta", "me encanta vuestra", "perdón por las molestias", "enhorabuena por"],
    &["scusate il disturbo", "sono ancora io", "immagino siate", "spero che", "mi chiamo", "buona giornata",
      "buona serata", "resto in attesa", "attendo", "in attesa di", "complimenti per", "scusate per il disturbo",
      "spero possiate", "spero mi possiate"],
    &["desculpem incomodar", "desculpe incomodar", "sou eu outra vez", "devem ter imenso", "espero que", "chamo me",
      "o meu nome é", "tenha um bom", "tenham um bom", "continuação de", "fico a aguardar", "aguardo",
      "parabéns pelo", "espero que me possam", "desculpem o transtorno"],
    &["przepraszam że przeszkadzam", "to znowu ja", "na pewno macie", "mam nadzieję", "nazywam się", "miłego dnia",
      "życzę miłego", "czekam na odpowiedź", "będę wdzięczn*", "z niecierpliwością", "fajna strona", "super strona",
      "przepraszam za kłopot"],
    &["又是我", "你们一定很忙", "不好意思打扰了", "希望你们", "希望您", "祝", "我叫", "期待您的", "期待你们的", "等待您的", "等待回复", "盼复", "我是你们的老客户", "辛苦了",
      "打扰您了"],
];

#[rustfmt::skip]
const LEAVE: Entries = [
    &["ta x", "love", "yours", "kind regards", "best regards", "warm regards", "regards", "best wishes",
      "all the best", "yours sincerely", "yours faithfully", "yours truly", "sincerely", "cheers", "best",
      "sent from my", "many thanks", "thanks", "thank you so much", "thank you", "xoxo"],
    &["kusjes", "liefs", "met vriendelijke groet*", "vriendelijke groet*", "groeten", "groet", "groetjes",
      "hartelijke groet*", "mvg", "hoogachtend", "verzonden vanaf mijn", "verstuurd vanaf mijn", "alvast bedankt",
      "bedankt"],
    &["mit freundlichen grüßen", "freundliche grüße", "viele grüße", "liebe grüße", "beste grüße", "schöne grüße",
      "herzliche grüße", "mfg", "lg", "gruß", "grüße", "hochachtungsvoll", "von meinem iphone", "gesendet von",
      "vielen dank", "danke"],
    &["bisous", "biz", "cordialement", "bien cordialement", "bien à vous", "sincères salutations", "salutations",
      "meilleures salutations", "cdlt", "bonne journée", "envoyé de mon", "merci", "amicalement"],
    &["besos", "un beso", "un saludo", "saludos", "saludos cordiales", "un cordial saludo", "atentamente",
      "cordialmente", "enviado desde mi", "muchas gracias", "gracias", "un abrazo"],
    &["baci", "un bacio", "cordiali saluti", "distinti saluti", "saluti", "un saluto", "cordialmente", "inviato da",
      "grazie", "buona giornata"],
    &["beijinhos", "beijos", "cumprimentos", "com os melhores cumprimentos", "melhores cumprimentos",
      "atenciosamente", "cordialmente", "enviado do meu", "obrigado", "obrigada", "um abraço"],
    &["buziaki", "pozdrawiam", "z poważaniem", "serdecznie pozdrawiam", "pozdrowienia", "wysłano z", "dziękuję",
      "z góry dziękuję", "dzięki"],
    &["此致", "敬礼", "祝好", "祝您", "顺颂商祺", "谢谢", "来自我的"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, language: Language, expected: &str) {
        assert_eq!(without(sentence, language), expected);
    }

    #[test]
    fn greetings_frames_and_thanks_come_off() {
        check(
            "Hi there, when do I get my money?",
            Language::En,
            "when do I get my money?",
        );
        check(
            "Dear Zeldhof support team, I was wondering if you could tell me how to cancel, thanks in advance",
            Language::En,
            "how to cancel",
        );
        check(
            "Hoi, kunnen jullie mij vertellen wanneer ik mijn geld krijg? Alvast bedankt!",
            Language::Nl,
            "wanneer ik mijn geld krijg?",
        );
        check(
            "Guten Tag, könnten Sie mir bitte sagen, wie ich storniere? Vielen Dank im Voraus",
            Language::De,
            "wie ich storniere?",
        );
        check(
            "Bonjour, pourriez-vous me dire quand je serai remboursé ? Merci d’avance",
            Language::Fr,
            "quand je serai remboursé ?",
        );
        check(
            "Hola, buenas tardes, quería saber cuánto tarda el reembolso, muchas gracias",
            Language::Es,
            "cuánto tarda el reembolso",
        );
        check(
            "Buongiorno, vorrei sapere quando arriva l’accredito. Grazie mille",
            Language::It,
            "quando arriva l’accredito.",
        );
        check(
            "Olá, bom dia, gostaria de saber quanto custa vender, obrigado",
            Language::Pt,
            "quanto custa vender",
        );
        check(
            "Dzień dobry, chciałbym zapytać, kiedy dostanę wypłatę. Z góry dziękuję",
            Language::Pl,
            "kiedy dostanę wypłatę.",
        );
        check("您好，请问一下怎么退款，谢谢", Language::Zh, "怎么退款");
    }

    #[test]
    fn what_asks_stays() {
        check("Can I retract a bid?", Language::En, "Can I retract a bid?");
        check(
            "¿Cuándo llega mi paquete?",
            Language::Es,
            "¿Cuándo llega mi paquete?",
        );
        check("Cheers", Language::En, "");
        check("Please cancel my order.", Language::En, "cancel my order.");
        check(
            "Thanks for the parcel but it broke.",
            Language::En,
            "for the parcel but it broke.",
        );
        check("Thanks for all your help so far.", Language::En, "");
        check("ta paczka jest pusta", Language::Pl, "ta paczka jest pusta");
        check(
            "um vendedor não responde",
            Language::Pt,
            "um vendedor não responde",
        );
        check("I hope you are well.", Language::En, "");
        check(
            "Dag, mijn pakket is kapot",
            Language::Nl,
            "mijn pakket is kapot",
        );
        check("Liebe Leute, hallo!", Language::De, "");
        check(
            "Hi my parcel, the blue one, broke",
            Language::En,
            "my parcel, the blue one, broke",
        );
    }

    #[test]
    fn references_come_off_and_codes_stay() {
        let is_known = |word: &str| word.contains("AADSTS");
        let check = |text: &str, expected: &str| {
            assert_eq!(without_references(text, &is_known), expected);
        };
        check("what is AADSTS650056?", "what is AADSTS650056?");
        check("My order number is 202611084431.", "");
        check("where is order #12345 please", "where is order please");
        check("order 202611223344 (ZH-20261122-1) broke", "order broke");
        check("mail me at a.b@example.org now", "mail me at now");
        check(
            "error E-1034 on 25-11-2026 for €1,250.00",
            "error E-1034 on 25-11-2026 for €1,250.00",
        );
        check(
            "sold for 12500 euros in 1967",
            "sold for 12500 euros in 1967",
        );
    }

    #[test]
    fn leave_is_taken() {
        assert!(takes_leave("Kind regards,", Language::En));
        assert!(takes_leave("Met vriendelijke groeten", Language::Nl));
        assert!(!takes_leave("How do I cancel?", Language::En));
    }
}

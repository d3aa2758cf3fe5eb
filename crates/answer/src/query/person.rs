//! Whether a customer asks for a person.
//!
//! "Give me a human" is a wish; "how do I contact support?" is a question the help center answers. The rule
//! is built from word lists, not from a model, so that it can be read, tested and never argues: a wish names
//! a person together with a verb of contact, or uses a phrase that means nothing else.

/// Words of one language, lower case. An entry ending in `*` matches every word that starts with it; an
/// entry with a space matches as a phrase; Chinese entries match anywhere.
struct Lexicon {
    /// Phrases that settle it alone.
    decisive: &'static [&'static str],
    /// A person, as opposed to a machine or a department.
    people: &'static [&'static str],
    /// A department.
    support: &'static [&'static str],
    /// Verbs of getting in touch.
    contact: &'static [&'static str],
    /// Words of wishing, in the first person or the imperative.
    wish: &'static [&'static str],
}

/// At most this many words make a bare naming of a person ("graag een medewerker") a wish.
const BARE_WORDS: usize = 5;

/// Whether `text` asks for a person. Looks through the words of all nine languages, since an angry customer
/// may well fall back on another than the interface's.
pub fn is_requested(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'))
        .flat_map(|word| word.split(['\'', '’']))
        .filter(|word| !word.is_empty())
        .collect();
    let phrase = format!(" {} ", words.join(" "));
    LEXICONS.iter().any(|lexicon| {
        let has = |entries: &[&str]| entries.iter().any(|entry| matches(entry, &words, &phrase));
        has(lexicon.decisive)
            || has(lexicon.people) && has(lexicon.contact)
            || has(lexicon.support) && has(lexicon.contact) && has(lexicon.wish)
            || has(lexicon.people) && words.len() <= BARE_WORDS && (has(lexicon.wish) || words.len() <= 2)
    })
}

fn matches(entry: &str, words: &[&str], phrase: &str) -> bool {
    if !entry.is_ascii() && entry.chars().any(corpus::language::detect::is_han) {
        return phrase.contains(entry);
    }
    match (entry.contains(' '), entry.strip_suffix('*')) {
        (true, Some(prefix)) => phrase.contains(&format!(" {prefix}")),
        (true, None) => phrase.contains(&format!(" {entry} ")),
        (false, Some(prefix)) => words.iter().any(|word| word.starts_with(prefix)),
        (false, None) => words.contains(&entry),
    }
}

static LEXICONS: [Lexicon; 9] = [
    Lexicon {
        decisive: &[
            "real person", "real human", "actual person", "actual human", "human being", "live agent",
            "human agent", "live person", "human support", "call me back", "phone me back", "ring me back",
            "call me please", "please call me", "stop the bot", "no more bots", "not a bot", "not a robot",
            "instead of a bot", "instead of a robot", "human please", "agent please",
        ],
        people: &[
            "human", "humans", "person", "someone", "somebody", "anyone", "anybody", "agent", "agents",
            "representative", "rep", "operator", "advisor", "adviser", "employee", "people", "staff",
        ],
        support: &["support", "customer service", "helpdesk", "customer care", "your team"],
        contact: &[
            "speak", "speaking", "talk", "talking", "chat", "connect", "transfer", "put me", "get me",
            "give me", "reach", "call", "pass me", "forward me",
        ],
        wish: &[
            "want", "need", "please", "now", "i'd like", "would like", "let me",
            "put me through", "connect me", "transfer me", "give me", "get me",
        ],
    },
    Lexicon {
        decisive: &[
            "terugbel*", "bel me terug", "bel mij", "bel me", "echt mens", "echte mens", "een echt iemand",
            "echt persoon", "echte persoon", "echte medewerker", "levend mens", "mens van vlees",
            "geen robot", "geen bot", "menselijke hulp", "menselijk contact", "live medewerker",
        ],
        people: &[
            "mens", "mensen", "persoon", "iemand", "medewerker*", "collega", "agent", "klantenservicemedewerker*",
        ],
        support: &["klantenservice", "support", "helpdesk", "klantendienst", "jullie team"],
        contact: &[
            "spreken", "praten", "spreek", "praat", "chatten", "bellen", "doorverbind*", "verbind*",
            "contact", "overleggen", "te woord", "aan de lijn", "aan de telefoon", "geef me", "geef mij",
        ],
        wish: &["wil", "graag", "nu", "moet", "geef", "zou", "mag ik", "liever"],
    },
    Lexicon {
        decisive: &[
            "rückruf", "zurückruf*", "ruft mich", "rufen sie mich", "ruf mich", "echten menschen",
            "echter mensch", "richtigen menschen", "richtiger mensch", "echte person", "echten mitarbeiter",
            "menschlichen mitarbeiter", "kein roboter", "keinen roboter", "kein bot", "keinen bot",
            "mit einem menschen", "rufen sie mich bitte zurück",
        ],
        people: &[
            "mensch", "menschen", "person", "jemand", "jemandem", "jemanden", "mitarbeiter*", "berater*",
            "agent", "agenten", "ansprechpartner*", "sachbearbeiter*",
        ],
        support: &["kundenservice", "kundendienst", "support", "euer team", "ihr team"],
        contact: &[
            "sprechen", "reden", "spreche", "rede", "chatten", "telefonieren", "anrufen", "verbinde*",
            "weiterleiten", "durchstellen", "geben sie mir", "gebt mir", "gib mir", "besprechen", "persönlich",
        ],
        wish: &["will", "möchte", "bitte", "sofort", "jetzt", "lieber", "würde gern", "würde gerne", "gebt"],
    },
    Lexicon {
        decisive: &[
            "rappelez moi", "me rappeler", "être humain", "vraie personne", "vrai conseiller", "vrai humain",
            "une personne réelle", "pas un robot", "pas à un robot", "en chair et en os", "un humain",
            "appelez moi",
        ],
        people: &[
            "humain", "humaine", "quelqu un", "personne", "conseiller", "conseillère", "agent", "opérateur",
            "opératrice", "employé",
        ],
        support: &["service client", "support", "assistance", "votre équipe"],
        contact: &[
            "parler", "parle", "causer", "discuter", "joindre", "appeler", "passez moi", "passer",
            "transférez", "mettez moi", "échanger", "mettre en relation",
        ],
        wish: &[
            "veux", "voudrais", "souhaite", "souhaiterais", "aimerais", "svp", "s il vous plaît", "maintenant",
            "besoin", "exige", "merci de",
        ],
    },
    Lexicon {
        decisive: &[
            "persona real", "persona de verdad", "humano real", "ser humano", "carne y hueso", "llámame",
            "llámenme", "llamadme", "que me llamen", "que me llaméis", "me llamáis", "devolver la llamada",
            "agente humano", "un humano", "no un robot", "no con un robot", "me atienda una persona",
            "me atienda alguien",
        ],
        people: &[
            "humano", "humana", "persona", "alguien", "agente", "operador", "operadora", "asesor", "asesora",
            "empleado",
        ],
        support: &["atención al cliente", "soporte", "servicio al cliente", "vuestro equipo"],
        contact: &[
            "hablar", "hablo", "chatear", "conectar", "páseme", "pásame", "pasarme", "atienda", "atender",
            "comunicar*", "ponme", "ponedme", "póngame", "contactar",
        ],
        wish: &["quiero", "quisiera", "necesito", "por favor", "ya", "ahora", "me gustaría", "exijo"],
    },
    Lexicon {
        decisive: &[
            "persona vera", "persona reale", "essere umano", "operatore umano", "richiamatemi", "richiamami",
            "essere richiamat*", "mi richiamate", "chiamatemi", "in carne e ossa", "un umano",
            "non un robot", "non con un robot",
        ],
        people: &[
            "umano", "umana", "persona", "qualcuno", "operatore", "operatrice", "addetto", "consulente",
            "agente", "incaricato",
        ],
        support: &["assistenza", "servizio clienti", "supporto", "vostro team"],
        contact: &[
            "parlare", "parlo", "chattare", "passami", "passatemi", "mi passi", "mettetemi", "collegare",
            "contattare", "sentire", "telefonare",
        ],
        wish: &["voglio", "vorrei", "subito", "adesso", "ora", "per favore", "bisogno", "pretendo", "gradirei"],
    },
    Lexicon {
        decisive: &[
            "pessoa real", "pessoa de verdade", "pessoa a sério", "ser humano", "assistente humano",
            "atendente humano", "liguem me", "liga me", "ligar me", "me liguem", "me ligar", "telefonem me",
            "carne e osso", "um humano", "não um robô", "não com um robô",
        ],
        people: &[
            "humano", "humana", "pessoa", "alguém", "atendente", "agente", "operador", "operadora",
            "funcionário", "colaborador", "assistente",
        ],
        support: &["apoio ao cliente", "suporte", "apoio", "atendimento", "vossa equipa"],
        contact: &[
            "falar", "falo", "conversar", "passe me", "passem me", "passar", "ponham me", "transferir",
            "contactar", "contatar", "ligar",
        ],
        wish: &["quero", "queria", "gostaria", "preciso", "por favor", "já", "agora", "exijo"],
    },
    Lexicon {
        decisive: &[
            "żywym człowiekiem", "żywego człowieka", "prawdziwym człowiekiem", "prawdziwego człowieka",
            "oddzwoń*", "oddzwon*", "zadzwońcie", "zadzwoncie", "proszę o telefon", "nie z botem",
            "zamiast z botem", "nie z robotem", "zamiast bota", "prawdziwą osobą", "żywą osobą",
        ],
        people: &[
            "człowiek*", "czlowiek*", "osobą", "osoba", "osobę", "ktoś", "ktos", "kimś", "kims", "kogoś",
            "konsultant*", "pracownik*", "doradc*", "agent*", "ludzi*",
        ],
        support: &["obsługą klienta", "obsluga klienta", "biurem obsługi", "wsparciem", "pomocą techniczną"],
        contact: &[
            "rozmawia*", "porozmawia*", "pogada*", "gada*", "połącz*", "polacz*", "przełącz*", "przelacz*",
            "skontaktowa*", "mówić", "dajcie", "daj mi", "zadzwonić",
        ],
        wish: &["chcę", "chce", "chciałbym", "chciałabym", "proszę", "prosze", "potrzebuję", "natychmiast", "żądam"],
    },
    Lexicon {
        decisive: &[
            "转人工", "人工客服", "人工服务", "真人", "人工帮", "转接人工", "找人工", "要人工", "接人工", "有人工",
            "活人", "给我回电", "打电话给我", "不要机器人", "别让机器人", "叫个人", "找个人",
        ],
        people: &["人工", "客服人员", "工作人员", "专员"],
        support: &["客服"],
        contact: &["说话", "聊", "谈", "通话", "沟通", "接通", "转接", "联系"],
        wish: &["我要", "我想", "请帮我", "马上", "立刻", "给我"],
    },
];

#[cfg(test)]
mod tests {
    use super::is_requested;

    #[test]
    fn wishes_for_a_person_are_heard_in_nine_languages() {
        for text in [
            "let me talk to a human please",
            "Is there anyone there I could speak with?",
            "AGENT",
            "ik wil een mens spreken",
            "graag een medewerker",
            "mag ik iemand aan de lijn",
            "kann ich bitte mit einem Mitarbeiter reden?",
            "Ich will sofort einen echten Menschen!",
            "Je veux parler à quelqu'un",
            "un conseiller svp",
            "quiero hablar con una persona",
            "vorrei parlare con un operatore",
            "quero falar com um atendente",
            "chcę rozmawiać z człowiekiem",
            "转人工",
            "有真人吗",
        ] {
            assert!(is_requested(text), "{text}");
        }
    }

    #[test]
    fn questions_about_contact_and_people_are_not_wishes() {
        for text in [
            "How do I contact customer service?",
            "Hoe neem ik contact op met de klantenservice?",
            "Wie erreiche ich den Kundenservice?",
            "Comment contacter le service client ?",
            "¿Cómo contacto con atención al cliente?",
            "Come posso contattare l'assistenza?",
            "Como posso contactar o apoio ao cliente?",
            "Jak skontaktować się z obsługą klienta?",
            "怎么联系客服？",
            "Can another person use my account?",
            "Someone outbid me, what now?",
            "iemand heeft mijn account gehackt",
            "what is an agent fee?",
            "the seller does not answer my messages",
        ] {
            assert!(!is_requested(text), "{text}");
        }
    }
}

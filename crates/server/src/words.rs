//! What is said around an answer where it becomes plain text, in the nine languages: by `loket ask`, and to clients of
//! OpenAI's interface.

use answer::EscalationReason;
use corpus::Language;
use support::{ContactOption, Method, Reason};

/// The fixed words of one language.
#[derive(Debug)]
pub struct Words {
    /// Above the articles an answer rests on.
    pub sources: &'static str,
    /// Above the ways to a person.
    pub contact: &'static str,
    /// Above advice.
    pub try_first: &'static str,
    /// Above the meanings to choose from.
    pub which: &'static str,
    recommended: &'static str,
    email: &'static str,
    chat: &'static str,
    phone: &'static str,
    always_open: &'static str,
    open_now: &'static str,
    /// `{}` stands for the time.
    opens_at: &'static str,
    closed: &'static str,
    not_in_language: &'static str,
    no_evidence: &'static str,
    /// Before the articles that come closest to a question none of them was found to answer.
    pub related: &'static str,
    /// Before the parts of a question that were not answered.
    pub unanswered: &'static str,
    sensitive: &'static str,
    /// Said where the article is quoted beside it.
    pub quoted: &'static str,
    requested: &'static str,
    unsupported_language: &'static str,
    overloaded: &'static str,
    error: &'static str,
}

impl Words {
    /// The words of `language`.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::Nl => &NL,
            Language::De => &DE,
            Language::Fr => &FR,
            Language::Es => &ES,
            Language::It => &IT,
            Language::Pt => &PT,
            Language::Pl => &PL,
            Language::Zh => &ZH,
        }
    }

    /// Why a person takes over.
    pub const fn escalation(&self, reason: EscalationReason) -> &'static str {
        match reason {
            // Whether nothing was found or nothing held is of no use to a customer.
            EscalationReason::NoEvidence | EscalationReason::Unsupported => self.no_evidence,
            EscalationReason::SensitiveTopic => self.sensitive,
            EscalationReason::Requested => self.requested,
            EscalationReason::UnsupportedLanguage => self.unsupported_language,
            EscalationReason::Overloaded => self.overloaded,
            EscalationReason::Error => self.error,
        }
    }

    /// The same by its name in interfaces.
    pub(crate) fn escalation_of(&self, code: &str) -> &'static str {
        use EscalationReason as Of;
        let all = [
            Of::NoEvidence,
            Of::Unsupported,
            Of::SensitiveTopic,
            Of::Requested,
            Of::UnsupportedLanguage,
            Of::Overloaded,
        ];
        let found = all.into_iter().find(|reason| reason.code() == code);
        self.escalation(found.unwrap_or(Of::Error))
    }

    /// One way to a person: `Chat: open now (recommended)`.
    pub fn option(&self, option: &ContactOption) -> String {
        let opens_at = option
            .opens_at
            .as_ref()
            .map(|time| time.strftime("%Y-%m-%d %H:%M %Z").to_string());
        self.way(
            option.method.code(),
            option.reason.code(),
            opens_at.as_deref(),
            option.recommended,
        )
    }

    /// The same by the names of interfaces.
    pub(crate) fn way(
        &self,
        method: &str,
        reason: &str,
        opens_at: Option<&str>,
        recommended: bool,
    ) -> String {
        let name = if method == Method::Chat.code() {
            self.chat
        } else if method == Method::Phone.code() {
            self.phone
        } else {
            self.email
        };
        let is = |known: Reason| reason == known.code();
        let state = if is(Reason::AlwaysOpen) {
            self.always_open.to_owned()
        } else if is(Reason::WithinHours) {
            self.open_now.to_owned()
        } else if is(Reason::LanguageNotOffered) {
            self.not_in_language.to_owned()
        } else {
            match opens_at {
                Some(time) if !is(Reason::NobodyAvailable) => self.opens_at.replace("{}", time),
                _ => self.closed.to_owned(),
            }
        };
        let recommended = if recommended {
            format!(" ({})", self.recommended)
        } else {
            String::new()
        };
        format!("{name}: {state}{recommended}")
    }
}

const EN: Words = Words {
    sources: "Sources",
    contact: "Talk to support",
    try_first: "Try this first",
    which: "What do you mean?",
    recommended: "recommended",
    email: "Email",
    chat: "Chat",
    phone: "Phone, we call you back",
    always_open: "always open",
    open_now: "open now",
    opens_at: "opens {}",
    closed: "closed",
    not_in_language: "not in your language",
    no_evidence: "The help center does not answer this question. A colleague can help you.",
    related: "These articles come closest:",
    unanswered: "A colleague can help you with the rest:",
    sensitive: "A colleague has to look at this.",
    quoted: "This is what the help center says about it.",
    requested: "You can talk to a colleague.",
    unsupported_language: "We cannot answer in this language. A colleague can help you.",
    overloaded: "It is too busy to answer right now. A colleague can help you.",
    error: "Something went wrong on our side. A colleague can help you.",
};

const NL: Words = Words {
    sources: "Bronnen",
    contact: "Praat met support",
    try_first: "Probeer dit eerst",
    which: "Wat bedoel je?",
    recommended: "aanbevolen",
    email: "E-mail",
    chat: "Chat",
    phone: "Telefoon, wij bellen je terug",
    always_open: "altijd open",
    open_now: "nu open",
    opens_at: "open vanaf {}",
    closed: "gesloten",
    not_in_language: "niet in jouw taal",
    no_evidence: "Het helpcentrum geeft geen antwoord op deze vraag. Een medewerker helpt je verder.",
    related: "Deze artikelen komen het dichtst in de buurt:",
    unanswered: "Een medewerker kan je met de rest helpen:",
    sensitive: "Een medewerker moet hiernaar kijken.",
    quoted: "Dit zegt het helpcentrum erover.",
    requested: "Je kunt met een medewerker praten.",
    unsupported_language: "In deze taal kunnen we niet antwoorden. Een medewerker helpt je verder.",
    overloaded: "Het is nu te druk om te antwoorden. Een medewerker helpt je verder.",
    error: "Er ging bij ons iets mis. Een medewerker helpt je verder.",
};

const DE: Words = Words {
    sources: "Quellen",
    contact: "Mit dem Support sprechen",
    try_first: "Versuche zuerst das",
    which: "Was meinst du?",
    recommended: "empfohlen",
    email: "E-Mail",
    chat: "Chat",
    phone: "Telefon, wir rufen dich zurück",
    always_open: "immer offen",
    open_now: "jetzt offen",
    opens_at: "offen ab {}",
    closed: "geschlossen",
    not_in_language: "nicht in deiner Sprache",
    no_evidence: "Das Hilfecenter beantwortet diese Frage nicht. Ein Mitarbeiter hilft dir weiter.",
    related: "Diese Artikel kommen deiner Frage am nächsten:",
    unanswered: "Bei dem Rest hilft dir ein Mitarbeiter:",
    sensitive: "Ein Mitarbeiter muss sich das ansehen.",
    quoted: "Das sagt das Hilfecenter dazu.",
    requested: "Du kannst mit einem Mitarbeiter sprechen.",
    unsupported_language: "In dieser Sprache können wir nicht antworten. Ein Mitarbeiter hilft dir weiter.",
    overloaded: "Gerade ist zu viel los, um zu antworten. Ein Mitarbeiter hilft dir weiter.",
    error: "Bei uns ist etwas schiefgegangen. Ein Mitarbeiter hilft dir weiter.",
};

const FR: Words = Words {
    sources: "Sources",
    contact: "Parler au support",
    try_first: "Essayez d’abord ceci",
    which: "Que voulez-vous dire ?",
    recommended: "recommandé",
    email: "E-mail",
    chat: "Chat",
    phone: "Téléphone, nous vous rappelons",
    always_open: "toujours ouvert",
    open_now: "ouvert maintenant",
    opens_at: "ouvert à partir du {}",
    closed: "fermé",
    not_in_language: "pas dans votre langue",
    no_evidence: "Le centre d’aide ne répond pas à cette question. Un conseiller peut vous aider.",
    related: "Voici les articles qui s’en rapprochent le plus :",
    unanswered: "Pour le reste, un conseiller peut vous aider :",
    sensitive: "Un conseiller doit examiner cela.",
    quoted: "Voici ce qu’en dit le centre d’aide.",
    requested: "Vous pouvez parler à un conseiller.",
    unsupported_language: "Nous ne pouvons pas répondre dans cette langue. Un conseiller peut vous aider.",
    overloaded: "Il y a trop de demandes en ce moment. Un conseiller peut vous aider.",
    error: "Une erreur s’est produite de notre côté. Un conseiller peut vous aider.",
};

const ES: Words = Words {
    sources: "Fuentes",
    contact: "Hablar con soporte",
    try_first: "Prueba primero esto",
    which: "¿Qué quieres decir?",
    recommended: "recomendado",
    email: "Correo electrónico",
    chat: "Chat",
    phone: "Teléfono, te llamamos nosotros",
    always_open: "siempre abierto",
    open_now: "abierto ahora",
    opens_at: "abierto desde {}",
    closed: "cerrado",
    not_in_language: "no en tu idioma",
    no_evidence: "El centro de ayuda no responde a esta pregunta. Un agente puede ayudarte.",
    related: "Estos son los artículos que más se acercan:",
    unanswered: "Con lo demás puede ayudarte un agente:",
    sensitive: "Un agente tiene que revisarlo.",
    quoted: "Esto es lo que dice el centro de ayuda.",
    requested: "Puedes hablar con un agente.",
    unsupported_language: "No podemos responder en este idioma. Un agente puede ayudarte.",
    overloaded: "Hay demasiadas consultas en este momento. Un agente puede ayudarte.",
    error: "Algo ha fallado por nuestra parte. Un agente puede ayudarte.",
};

const IT: Words = Words {
    sources: "Fonti",
    contact: "Parla con l’assistenza",
    try_first: "Prova prima questo",
    which: "Che cosa intendi?",
    recommended: "consigliato",
    email: "E-mail",
    chat: "Chat",
    phone: "Telefono, ti richiamiamo noi",
    always_open: "sempre aperto",
    open_now: "aperto ora",
    opens_at: "aperto dal {}",
    closed: "chiuso",
    not_in_language: "non nella tua lingua",
    no_evidence: "Il centro assistenza non risponde a questa domanda. Un operatore può aiutarti.",
    related: "Questi sono gli articoli che più si avvicinano:",
    unanswered: "Per il resto può aiutarti un operatore:",
    sensitive: "Un operatore deve esaminare il caso.",
    quoted: "Ecco che cosa dice il centro assistenza.",
    requested: "Puoi parlare con un operatore.",
    unsupported_language: "Non possiamo rispondere in questa lingua. Un operatore può aiutarti.",
    overloaded: "In questo momento ci sono troppe richieste. Un operatore può aiutarti.",
    error: "Qualcosa è andato storto da parte nostra. Un operatore può aiutarti.",
};

const PT: Words = Words {
    sources: "Fontes",
    contact: "Falar com o suporte",
    try_first: "Experimente primeiro isto",
    which: "O que quer dizer?",
    recommended: "recomendado",
    email: "E-mail",
    chat: "Chat",
    phone: "Telefone, nós ligamos de volta",
    always_open: "sempre aberto",
    open_now: "aberto agora",
    opens_at: "aberto a partir de {}",
    closed: "fechado",
    not_in_language: "não no seu idioma",
    no_evidence: "O centro de ajuda não responde a esta pergunta. Um agente pode ajudar.",
    related: "Estes são os artigos que mais se aproximam:",
    unanswered: "No resto pode ajudá-lo um agente:",
    sensitive: "Um agente tem de analisar isto.",
    quoted: "É isto que o centro de ajuda diz.",
    requested: "Pode falar com um agente.",
    unsupported_language: "Não podemos responder neste idioma. Um agente pode ajudar.",
    overloaded: "Há demasiados pedidos neste momento. Um agente pode ajudar.",
    error: "Algo correu mal do nosso lado. Um agente pode ajudar.",
};

const PL: Words = Words {
    sources: "Źródła",
    contact: "Porozmawiaj ze wsparciem",
    try_first: "Najpierw spróbuj tego",
    which: "Co masz na myśli?",
    recommended: "zalecane",
    email: "E-mail",
    chat: "Czat",
    phone: "Telefon, oddzwonimy",
    always_open: "zawsze otwarte",
    open_now: "teraz otwarte",
    opens_at: "otwarte od {}",
    closed: "zamknięte",
    not_in_language: "nie w Twoim języku",
    no_evidence: "Centrum pomocy nie odpowiada na to pytanie. Konsultant może Ci pomóc.",
    related: "Najbliżej tego tematu są te artykuły:",
    unanswered: "W pozostałej sprawie pomoże Ci konsultant:",
    sensitive: "Konsultant musi się temu przyjrzeć.",
    quoted: "Oto, co mówi centrum pomocy.",
    requested: "Możesz porozmawiać z konsultantem.",
    unsupported_language: "Nie możemy odpowiedzieć w tym języku. Konsultant może Ci pomóc.",
    overloaded: "W tej chwili jest zbyt wiele pytań. Konsultant może Ci pomóc.",
    error: "Coś poszło nie tak po naszej stronie. Konsultant może Ci pomóc.",
};

const ZH: Words = Words {
    sources: "来源",
    contact: "联系客服",
    try_first: "请先尝试",
    which: "您是指哪一个？",
    recommended: "推荐",
    email: "电子邮件",
    chat: "在线聊天",
    phone: "电话（我们会回电）",
    always_open: "随时开放",
    open_now: "现在开放",
    opens_at: "{} 开放",
    closed: "已关闭",
    not_in_language: "不提供您的语言",
    no_evidence: "帮助中心没有这个问题的答案。客服人员可以帮助您。",
    related: "与您的问题最接近的文章：",
    unanswered: "其余问题可由客服人员帮助您：",
    sensitive: "这需要由客服人员处理。",
    quoted: "帮助中心的说明如下。",
    requested: "您可以与客服人员交谈。",
    unsupported_language: "我们无法用这种语言回答。客服人员可以帮助您。",
    overloaded: "目前咨询过多，无法回答。客服人员可以帮助您。",
    error: "我们这边出了问题。客服人员可以帮助您。",
};

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;

    fn closed_chat(language: Language) -> ContactOption {
        let opens = date(2026, 11, 23).at(9, 0, 0, 0).to_zoned(TimeZone::UTC);
        ContactOption {
            method: Method::Chat,
            available: false,
            recommended: false,
            reason: Reason::OutsideHours,
            opens_at: Some(opens.expect("the instant exists")),
            queue: "general".to_owned(),
            language,
            wait_minutes: None,
        }
    }

    #[test]
    fn every_language_says_when_a_channel_opens() {
        for language in Language::ALL {
            let text = Words::of(language).option(&closed_chat(language));
            assert!(text.contains("2026-11-23 09:00 UTC"), "{text}");
            assert!(!text.contains("{}"), "{text}");
        }
        let nl = Words::of(Language::Nl);
        assert_eq!(
            nl.option(&closed_chat(Language::Nl)),
            "Chat: open vanaf 2026-11-23 09:00 UTC"
        );
    }

    #[test]
    fn only_the_recommended_option_is_marked() {
        let mut option = closed_chat(Language::En);
        assert!(!EN.option(&option).contains("recommended"));
        option.recommended = true;
        option.reason = Reason::WithinHours;
        assert_eq!(EN.option(&option), "Chat: open now (recommended)");
    }
}

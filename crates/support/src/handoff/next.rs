//! What happens after a hand-off, told to the customer.

use corpus::Language;

use crate::Method;

/// One sentence in the customer's language.
pub const fn next(method: Method, language: Language) -> &'static str {
    match method {
        Method::Email => match language {
            Language::En => {
                "Someone from our team will read your message and answer you by e-mail."
            }
            Language::Nl => "Iemand van ons team leest je bericht en antwoordt je per e-mail.",
            Language::De => {
                "Jemand aus unserem Team liest deine Nachricht und antwortet dir per E-Mail."
            }
            Language::Fr => {
                "Un membre de notre équipe va lire votre message et vous répondre par e-mail."
            }
            Language::Es => {
                "Una persona de nuestro equipo leerá tu mensaje y te responderá por correo electrónico."
            }
            Language::It => {
                "Una persona del nostro team leggerà il tuo messaggio e ti risponderà via e-mail."
            }
            Language::Pt => {
                "Alguém da nossa equipa vai ler a sua mensagem e responder-lhe por e-mail."
            }
            Language::Pl => "Ktoś z naszego zespołu przeczyta tę wiadomość i odpowie mailem.",
            Language::Zh => "我们的同事会阅读您的留言，并通过电子邮件答复您。",
        },
        Method::Chat => match language {
            Language::En => "A colleague will join the chat; they can already see your question.",
            Language::Nl => "Een collega komt zo in de chat en ziet je vraag al.",
            Language::De => "Gleich kommt jemand in den Chat; deine Frage liegt dort schon vor.",
            Language::Fr => "Un conseiller rejoint la conversation ; il voit déjà votre question.",
            Language::Es => "Una persona se une al chat; ya puede ver tu pregunta.",
            Language::It => "Un operatore entra in chat e vede già la tua domanda.",
            Language::Pt => "Um colega vai entrar no chat e já consegue ver a sua pergunta.",
            Language::Pl => "Konsultant zaraz dołączy do czatu i już widzi to pytanie.",
            Language::Zh => "客服人员即将进入聊天，并且已经能看到您的问题。",
        },
        Method::Phone => match language {
            Language::En => "We'll call you on the number you gave us.",
            Language::Nl => "We bellen je op het nummer dat je hebt opgegeven.",
            Language::De => "Wir rufen dich unter der angegebenen Nummer an.",
            Language::Fr => "Nous vous appelons au numéro que vous avez indiqué.",
            Language::Es => "Te llamaremos al número que nos has dado.",
            Language::It => "Ti chiamiamo al numero che ci hai lasciato.",
            Language::Pt => "Vamos ligar-lhe para o número que indicou.",
            Language::Pl => "Zadzwonimy pod podany numer.",
            Language::Zh => "我们会拨打您提供的电话号码联系您。",
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_language_has_a_sentence_of_its_own_for_every_method() {
        let sentences: HashSet<&str> = Method::ALL
            .into_iter()
            .flat_map(|method| Language::ALL.map(|language| next(method, language)))
            .collect();
        assert_eq!(sentences.len(), 27);
        assert!(sentences.iter().all(|text| text.ends_with(['.', '。'])));
    }
}

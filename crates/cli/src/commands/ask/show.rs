//! An answer as people read it: sentences with markers, the sources behind the markers, the ways to a person.

use std::io;

use answer::{Answer, Citation, Outcome, Sentence, Source};
use owo_colors::Style;
use server::words::Words;
use support::Contact;

use crate::output::{Output, printable};

/// What has been shown so far.
#[derive(Debug, Default)]
pub(super) struct Show {
    /// Citations in the order of their markers, from 1.
    cited: Vec<Citation>,
    /// The last character shown; `None` before the first sentence.
    last: Option<char>,
}

impl Show {
    /// Shows a sentence with its markers as soon as it is known.
    pub(super) fn sentence(&mut self, sentence: &Sentence, out: &mut Output<'_>) -> io::Result<()> {
        let joint = match self.last {
            None => "",
            Some(_) if sentence.starts_line => "\n",
            // Chinese sentences follow each other without a space.
            Some(last) if last >= '\u{3000}' => "",
            Some(_) => " ",
        };
        write!(out, "{joint}{}", printable(&sentence.text))?;
        for citation in &sentence.citations {
            let number = self.number(citation);
            let marker = out.paint(&format!("[{number}]"), Style::new().cyan());
            write!(out, "{marker}")?;
        }
        self.last = sentence.text.chars().last().or(self.last).or(Some(' '));
        out.flush()
    }

    fn number(&mut self, citation: &Citation) -> usize {
        let same = |other: &Citation| match (other, citation) {
            (Citation::Article(one), Citation::Article(other)) => {
                (&one.article, one.language, one.range)
                    == (&other.article, other.language, other.range)
            }
            (Citation::Fact(one), Citation::Fact(other)) => one.path == other.path,
            _ => false,
        };
        if let Some(index) = self.cited.iter().position(same) {
            return index + 1;
        }
        self.cited.push(citation.clone());
        self.cited.len()
    }

    /// Shows what follows the sentences.
    pub(super) fn rest(
        &mut self,
        answer: &Answer,
        contact: &Contact,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        let words = Words::of(answer.language);
        if self.last.is_some() {
            writeln!(out, "\n")?;
        }
        match &answer.outcome {
            Outcome::Answered => {}
            Outcome::Clarify(meanings) => {
                writeln!(out, "{}", words.which)?;
                for meaning in meanings {
                    writeln!(out, "- {} ({})", printable(&meaning.text), meaning.article)?;
                }
                writeln!(out)?;
            }
            Outcome::Escalated(reason) => {
                write!(out, "{}", words.escalation(*reason))?;
                if !answer.sentences.is_empty() {
                    write!(out, " {}", words.quoted)?;
                }
                writeln!(out, "\n")?;
            }
        }
        related(words, &answer.related, out)?;
        if !answer.unanswered.is_empty() {
            writeln!(out, "{}", words.unanswered)?;
            for part in &answer.unanswered {
                writeln!(out, "- {}", printable(part))?;
            }
            writeln!(out)?;
        }
        self.sources(words, out)?;
        show_contact(words, contact, out)?;
        out.flush()
    }

    fn sources(&self, words: &Words, out: &mut Output<'_>) -> io::Result<()> {
        if self.cited.is_empty() {
            return Ok(());
        }
        heading(words.sources, out)?;
        for (number, citation) in (1..).zip(&self.cited) {
            let marker = out.paint(&format!("[{number}]"), Style::new().cyan());
            let citation = match citation {
                Citation::Article(citation) => citation,
                Citation::Fact(fact) => {
                    let value = fact
                        .value
                        .as_str()
                        .map_or_else(|| fact.value.to_string(), str::to_owned);
                    writeln!(out, "{marker} {}: {}", fact.path, printable(&value))?;
                    continue;
                }
            };
            let mut place = citation.title.clone();
            for heading in citation
                .section
                .iter()
                .filter(|heading| **heading != citation.title)
            {
                place.push_str(" › ");
                place.push_str(heading);
            }
            let url = citation
                .url
                .as_ref()
                .map_or_else(String::new, |url| format!(" {url}"));
            let place = printable(&format!("{place}{url}"));
            writeln!(out, "{marker} {place} ({})", citation.article)?;
            let quote = printable(&citation.quote);
            for line in quote.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let line = out.paint(line, Style::new().dimmed());
                writeln!(out, "    {line}")?;
            }
        }
        writeln!(out)
    }
}

/// The articles that come closest to a question that goes to a person.
fn related(words: &Words, related: &[Source], out: &mut Output<'_>) -> io::Result<()> {
    if related.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", words.related)?;
    for source in related {
        let url = source.url.as_ref();
        let url = url.map_or_else(String::new, |url| format!(" {url}"));
        let place = printable(&format!("{}{url}", source.title));
        writeln!(out, "- {place} ({})", source.article)?;
    }
    writeln!(out)
}

fn show_contact(words: &Words, contact: &Contact, out: &mut Output<'_>) -> io::Result<()> {
    if !contact.before_you_contact.is_empty() {
        heading(words.try_first, out)?;
        for advice in &contact.before_you_contact {
            let article = advice
                .article
                .as_ref()
                .map_or_else(String::new, |id| format!(" ({id})"));
            writeln!(out, "- {}{article}", printable(&advice.text))?;
        }
        writeln!(out)?;
    }
    heading(words.contact, out)?;
    for option in &contact.options {
        writeln!(out, "- {}", words.option(option))?;
    }
    Ok(())
}

fn heading(text: &str, out: &mut Output<'_>) -> io::Result<()> {
    let text = out.paint(text, Style::new().bold());
    writeln!(out, "{text}")
}

#[cfg(test)]
mod tests {
    use answer::{ArticleCitation, EscalationReason, FactCitation};
    use corpus::{ArticleId, ByteRange, Language};
    use jiff::Timestamp;
    use support::{ContactRequest, SupportConfig};

    use super::*;

    fn sentence(text: &str, starts_line: bool, ranges: &[(usize, usize)]) -> Sentence {
        let article = |&(start, end): &(usize, usize)| ArticleCitation {
            article: ArticleId::new("fees").unwrap(),
            title: "Fees".to_owned(),
            url: None,
            language: Language::En,
            section: vec!["Fees".to_owned(), "Buyers".to_owned()],
            range: ByteRange { start, end },
            quote: format!("quote {start}"),
        };
        let citations = ranges.iter().map(article).map(Citation::Article);
        Sentence {
            text: text.to_owned(),
            starts_line,
            support: 1.0,
            translated: false,
            citations: citations.collect(),
        }
    }

    fn shown(sentences: &[Sentence]) -> String {
        let mut text = Vec::new();
        let mut out = Output::from(&mut text);
        let mut show = Show::default();
        for sentence in sentences {
            show.sentence(sentence, &mut out).unwrap();
        }
        drop(out);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn one_place_has_one_number() {
        let sentences = [
            sentence("One.", false, &[(0, 5)]),
            sentence("Two.", false, &[(5, 9), (0, 5)]),
            sentence("Three.", true, &[(5, 9)]),
        ];
        assert_eq!(shown(&sentences), "One.[1] Two.[2][1]\nThree.[2]");
    }

    #[test]
    fn a_fact_is_a_source_too() {
        let mut text = Vec::new();
        let mut out = Output::from(&mut text);
        let mut show = Show::default();
        let mut told = sentence("Paid.", false, &[]);
        told.citations.push(Citation::Fact(FactCitation {
            path: "subject.facts.status".to_owned(),
            value: "paid".into(),
        }));
        show.sentence(&told, &mut out).unwrap();
        show.sentence(&told, &mut out).unwrap();
        writeln!(out).unwrap();
        show.sources(Words::of(Language::En), &mut out).unwrap();
        drop(out);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "Paid.[1] Paid.[1]\nSources\n[1] subject.facts.status: paid\n\n"
        );
    }

    #[test]
    fn chinese_sentences_touch() {
        let sentences = [
            sentence("第一。", false, &[(0, 5)]),
            sentence("第二。", false, &[(0, 5)]),
        ];
        assert_eq!(shown(&sentences), "第一。[1]第二。[1]");
    }

    #[test]
    fn sources_and_contact_follow() {
        let mut text = Vec::new();
        let mut out = Output::from(&mut text);
        let mut show = Show::default();
        show.sentence(&sentence("One.", false, &[(0, 5)]), &mut out)
            .unwrap();
        let mut answer = Answer::escalated(EscalationReason::NoEvidence, Language::En);
        answer.outcome = Outcome::Answered;
        let at: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let contact = support::plan(
            &ContactRequest::new(Language::En, at),
            &SupportConfig::default(),
        );
        show.rest(&answer, &contact, &mut out).unwrap();
        drop(out);
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
        One.[1]

        Sources
        [1] Fees › Buyers (fees)
            quote 0

        Talk to support
        - Email: always open (recommended)
        - Chat: opens 2026-11-23 09:00 CET
        - Phone, we call you back: opens 2026-11-23 10:00 CET
        ");
    }

    #[test]
    fn an_escalation_says_why_in_the_language_of_the_question() {
        let mut text = Vec::new();
        let mut out = Output::from(&mut text);
        let answer = Answer::escalated(EscalationReason::NoEvidence, Language::Pl);
        let contact = Contact {
            options: Vec::new(),
            before_you_contact: Vec::new(),
        };
        Show::default().rest(&answer, &contact, &mut out).unwrap();
        drop(out);
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("Centrum pomocy nie odpowiada"), "{text}");
        assert!(!text.contains("Źródła"), "{text}");
        assert!(!text.contains("artykuły:"), "{text}");
    }

    #[test]
    fn articles_that_come_close_stand_between_the_reason_and_the_ways_to_a_person() {
        let mut text = Vec::new();
        let mut out = Output::from(&mut text);
        let mut answer = Answer::escalated(EscalationReason::NoEvidence, Language::En);
        let source = |id: &str, title: &str, url: Option<&str>| Source {
            article: ArticleId::new(id).unwrap(),
            title: title.to_owned(),
            url: url.map(str::to_owned),
            language: Language::En,
        };
        answer.related = vec![
            source("fees", "Fees\u{1b}[31m", Some("https://help.example/fees")),
            source("tax", "Tax", None),
        ];
        let contact = Contact {
            options: Vec::new(),
            before_you_contact: Vec::new(),
        };
        Show::default().rest(&answer, &contact, &mut out).unwrap();
        drop(out);
        let text = String::from_utf8(text).unwrap();
        assert!(
            !text.contains('\u{1b}'),
            "a title moves the terminal: {text:?}"
        );
        let text: Vec<&str> = text.lines().collect();
        assert_eq!(
            text[..2],
            [
                "The help center does not answer this question. A colleague can help you.",
                ""
            ]
        );
        assert_eq!(text[2], "These articles come closest:");
        assert!(text[3].starts_with("- Fees"), "{}", text[3]);
        assert!(
            text[3].ends_with("https://help.example/fees (fees)"),
            "{}",
            text[3]
        );
        assert_eq!(text[4..7], ["- Tax (tax)", "", "Talk to support"]);
    }
}

//! What the rules are for, in the words of reports.

use super::Rule;

impl Rule {
    /// What the rule finds, as a noun phrase without a final stop.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::UnusableFile => "Files that cannot be read as articles",
            Self::FrontMatter => "Front matter that is misspelt or says something that cannot be",
            Self::MissingId => "Articles without an id of their own",
            Self::DuplicateId => "Two articles with one id in one language",
            Self::BrokenLink => "Links to articles and files that are not there",
            Self::BrokenAnchor => "Links to headings that are not there",
            Self::LongSection => "Sections too long to be found and quoted well",
            Self::ImageWithoutText => "Images without a text that stands in for them",
            Self::HiddenText => "Text that readers do not see but programs read",
            Self::OddUnicode => "Characters that cannot be seen or look like others",
            Self::Validity => "Articles whose time is over, or has not come",
            Self::NearDuplicate => "Articles that say nearly the same",
            Self::Contradiction => "Articles that differ in amounts, dates or deadlines",
            Self::TranslationMissing => "Articles that lack a language",
            Self::TranslationOutdated => "Translations older than their source",
            Self::TranslationNumbers => "Translations with other numbers than their source",
            Self::UnansweredQuestion => "Judged questions that no article answers",
            Self::ReadingLevel => "Sentences that are hard to read",
            Self::NewHost => "Links to hosts an article did not link to before",
        }
    }

    /// Why it matters and what to do, in a few sentences.
    pub const fn help(self) -> &'static str {
        match self {
            Self::UnusableFile => {
                "The file is left out of the index, so nothing in it is found or answered. Save it as UTF-8 Markdown \
                 with some text in it, and keep it below 2 MB."
            }
            Self::FrontMatter => {
                "A misspelt key is read by nothing: an article meant for sellers is shown to everyone, and one that \
                 should end goes on. Correct the key or its value."
            }
            Self::MissingId => {
                "Without an `id` the place of the file names the article. Moving it then breaks links and judged \
                 questions. Give it the `id` it has now."
            }
            Self::DuplicateId => {
                "An id names one article in each language. Of two files with one id the second is left out of the \
                 index. Give one of them another `id`, or merge them."
            }
            Self::BrokenLink => {
                "A customer who follows the link meets a dead end. Correct the target, or write what is missing. \
                 Links to other sites are not followed."
            }
            Self::BrokenAnchor => {
                "The link opens the article at its top, not at what it promises. The heading was probably renamed."
            }
            Self::LongSection => {
                "Answers quote the passages that fit a question. In a long section without headings the passages say \
                 little about themselves, so they are found less often."
            }
            Self::ImageWithoutText => {
                "Readers who cannot see, and search, have only the text of an image. Say what it shows. An image \
                 that only adorns may have an empty `alt` in HTML."
            }
            Self::HiddenText => {
                "What readers cannot see they cannot correct, but programs read it, and instructions to them are \
                 smuggled in that way. Show the text, or remove it."
            }
            Self::OddUnicode => {
                "Invisible characters break search and copying, look-alike letters make words that are not what they \
                 seem, and marks of direction show readers another text than programs see."
            }
            Self::Validity => {
                "Outside its time an article is shown to nobody. Bring it up to date, remove it, or see that what \
                 follows it is ready."
            }
            Self::NearDuplicate => {
                "Two articles on one matter share the traffic and drift apart. Keep one and link to it."
            }
            Self::Contradiction => {
                "A customer is told one or the other, depending on the words of the question. Find out what holds and \
                 correct the other article."
            }
            Self::TranslationMissing => {
                "Customers of that language get an answer from an article in another one, or none."
            }
            Self::TranslationOutdated => {
                "The source was changed after the translation, so the translation may say what held before."
            }
            Self::TranslationNumbers => {
                "Amounts, dates and deadlines differ between the languages of one article: one of them is wrong."
            }
            Self::UnansweredQuestion => {
                "A question of the set can be answered by none of the articles it names."
            }
            Self::ReadingLevel => {
                "Short sentences with common words are understood by more customers, and quoted better."
            }
            Self::NewHost => {
                "An edit sends customers to a site the article did not name before. See that it is meant."
            }
        }
    }
}

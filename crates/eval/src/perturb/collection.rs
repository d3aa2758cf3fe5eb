//! Collections the suite is made from: articles with a question each leads to.

use corpus::Language;

use super::random::Random;
use crate::import::{ImportError, ImportedArticle, squad, titles};

/// Articles of one source in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Its name, shared by its languages.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// The articles; where the source is aligned, versions of one article share its id.
    pub articles: Vec<ImportedArticle>,
    /// A question that leads to an article, by place in `articles`.
    pub questions: Vec<String>,
}

/// One half of the articles: constants are fitted on one and reported on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// The half constants are fitted on.
    Fit,
    /// The half that is held out.
    Test,
}

impl Fold {
    /// The half an article is in, whatever its language.
    pub fn of(article: &str) -> Self {
        if Random::new(0, article).below(2) == 0 {
            Self::Fit
        } else {
            Self::Test
        }
    }
}

impl Collection {
    /// Keeps `n` articles chosen by their ids, so that versions of one article stay together.
    #[must_use]
    pub fn sampled(mut self, n: usize) -> Self {
        let mut kept: Vec<(u64, ImportedArticle, String)> = self
            .articles
            .into_iter()
            .zip(self.questions)
            .map(|(article, question)| (Random::new(1, &article.id).bits(), article, question))
            .collect();
        kept.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        kept.truncate(n);
        self.articles = Vec::new();
        self.questions = Vec::new();
        for (_, article, question) in kept {
            self.articles.push(article);
            self.questions.push(question);
        }
        self
    }

    /// Articles with titles, one JSON record a line: see [`titles::read`]. The title is the question.
    ///
    /// # Errors
    /// [`ImportError`] naming the line.
    pub fn from_records(name: &str, text: &str, language: Language) -> Result<Self, ImportError> {
        let titled = titles::read(name, text, Some(language))?;
        Ok(Self::from_titled(name, language, titled))
    }

    /// Paragraphs of a SQuAD-format file, each with its first question.
    ///
    /// # Errors
    /// [`ImportError::Json`].
    pub fn from_squad(name: &str, text: &str, language: Language) -> Result<Self, ImportError> {
        let imported = squad::import((text, language), (text, language))?;
        let mut articles = Vec::new();
        let mut questions = Vec::new();
        for article in imported.articles {
            let asked = imported
                .questions
                .iter()
                .find(|question| question.relevant.contains(&article.id));
            if let Some(asked) = asked {
                questions.push(asked.question.clone());
                articles.push(article);
            }
        }
        Ok(Self {
            name: name.to_owned(),
            language,
            articles,
            questions,
        })
    }

    /// Markdown files by id, asked for by their titles.
    pub fn from_titled(name: &str, language: Language, titled: Vec<titles::Titled>) -> Self {
        let questions = titled.iter().map(|titled| titled.title.clone()).collect();
        let articles = titled
            .into_iter()
            .map(|titled| ImportedArticle {
                id: crate::import::usable_id(&titled.id),
                language,
                title: Some(titled.title),
                markdown: titled.markdown,
            })
            .collect();
        Self {
            name: name.to_owned(),
            language,
            articles,
            questions,
        }
    }
}

/// The title and the text of a Markdown file with front matter between lines of `---` or `+++`.
pub fn title_and_text(file: &str) -> Option<(String, &str)> {
    let fence = ["---", "+++"]
        .into_iter()
        .find(|fence| file.starts_with(fence))?;
    let (front, body) = file[fence.len()..].split_once(&format!("\n{fence}"))?;
    let title = front.lines().find_map(|line| {
        let value = line.trim().strip_prefix("title")?.trim_start();
        let value = value.strip_prefix([':', '='])?.trim();
        Some(value.trim_matches(['"', '\'']).to_owned())
    })?;
    (!title.is_empty() && !body.trim().is_empty()).then_some((title, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_gives_the_title() {
        let check = |file, title, text| {
            assert_eq!(
                title_and_text(file),
                Some((str::to_owned(title), text)),
                "{file}"
            );
        };
        check("---\ntitle: \"A b\"\nid: 1\n---\n\nText", "A b", "\n\nText");
        check("+++\ntitle = 'A'\n+++\nText", "A", "\nText");
        assert_eq!(title_and_text("Text"), None);
        assert_eq!(title_and_text("---\nid: 1\n---\nText"), None);
    }

    #[test]
    fn versions_of_an_article_stay_together() {
        let ids = |language| {
            let articles: Vec<titles::Titled> = (0..40)
                .map(|i| titles::Titled {
                    id: format!("a{i}"),
                    language,
                    title: format!("T{i}"),
                    markdown: "x".into(),
                })
                .collect();
            let collection = Collection::from_titled("c", language, articles).sampled(5);
            assert_eq!(collection.questions.len(), 5);
            collection
                .articles
                .into_iter()
                .map(|a| a.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(Language::De), ids(Language::Pl));
    }

    #[test]
    fn both_halves_have_articles() {
        let n_fit = (0..1000)
            .filter(|i| Fold::of(&format!("a{i}")) == Fold::Fit)
            .count();
        assert!((400..600).contains(&n_fit), "{n_fit}");
    }
}

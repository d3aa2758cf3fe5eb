//! What an editor should know before an article is live.

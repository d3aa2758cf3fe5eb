//! `POST /v1/embeddings`: texts to vectors.

use axum::{
    Json,
    extract::{Request, State},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use inference::TextKind;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    Provider, Refused, check_model, overloaded,
    shapes::{EmbeddingRequest, EncodingFormat, Input, InputType},
};
use crate::{Problem, ProblemKind};

/// Most texts of a request.
const MOST_TEXTS: usize = 1_024;

pub(super) async fn post(
    State(provider): State<Provider>,
    request: Request,
) -> Result<Json<Value>, Refused> {
    let request: EmbeddingRequest = provider.body(request).await?;
    let encoder = std::sync::Arc::clone(&provider.0.encoder);
    check_model(request.model.as_deref(), encoder.id())?;
    let model = encoder.id().to_owned();
    let texts = match request.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    if !(1..=MOST_TEXTS).contains(&texts.len()) {
        return Err(Problem {
            field: Some("input".to_owned()),
            ..Problem::new(
                ProblemKind::InvalidField,
                format!("send one to {MOST_TEXTS} texts"),
            )
        }
        .into());
    }
    let kind = match request.input_type {
        InputType::Query => TextKind::Query,
        InputType::Passage => TextKind::Passage,
    };
    let (give, given) = oneshot::channel();
    let job = move || {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        // Whoever asked may be gone.
        let _ = give.send(encoder.encode(&texts, kind));
    };
    provider
        .0
        .encoding
        .submit(None, job)
        .map_err(|_| overloaded())?;
    let failed = || {
        Problem::new(
            ProblemKind::Internal,
            "the encoder failed; its log says why",
        )
    };
    let embeddings = match given.await {
        Ok(Ok(embeddings)) => embeddings,
        Ok(Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the encoder failed");
            return Err(failed().into());
        }
        // It panicked; the log says where.
        Err(_) => return Err(failed().into()),
    };
    let vector = |index| {
        let row = embeddings.row(index);
        match request.encoding_format {
            EncodingFormat::Float => json!(row),
            EncodingFormat::Base64 => {
                let bytes: Vec<u8> = row.iter().flat_map(|x| x.to_le_bytes()).collect();
                STANDARD.encode(bytes).into()
            }
        }
    };
    let data: Vec<Value> = (0..embeddings.len())
        .map(|index| json!({ "object": "embedding", "index": index, "embedding": vector(index) }))
        .collect();
    // Tokens are not counted.
    let usage = json!({ "prompt_tokens": 0, "total_tokens": 0 });
    Ok(Json(
        json!({ "object": "list", "data": data, "model": model, "usage": usage }),
    ))
}

# A menu: every recipe is one line that can be copied.

# List the recipes
default:
    @just --list

# Everything CI checks
check:
    bash .ci/run

# Tests that need no model files
test:
    cargo test --workspace

# Tests on the shipped models, in LOKET_MODELS_DIR or ~/.cache/loket/models
test-models:
    cargo test -p inference -p acceptance --features inference/models,acceptance/models

# Speed of the encoder and the writer; needs the shipped models
bench:
    cargo bench -p benchmarks

# Bring the index of knowledge_base/ up to date
index *flags:
    cargo run --release --bin loket -- index {{flags}}

# Answer a question: just ask "How do I reset my password?"
ask question *flags:
    cargo run --release --bin loket -- ask {{quote(question)}} {{flags}}

# Serve the HTTP interface on 127.0.0.1:8080
serve *flags:
    cargo run --release --bin loket -- serve {{flags}}

# Put the judged questions of the sample help center to the engine
eval *flags:
    cargo run --release --bin loket -- eval run --questions knowledge_base/questions.jsonl --kb knowledge_base {{flags}}

# Bring docs/openapi.json up to date
openapi:
    LOKET_WRITE_OPENAPI=1 cargo test -p server --lib -- openapi

# Format the code
fmt:
    cargo fmt --all

# Lint the code; warnings are errors
lint:
    cargo clippy --workspace --all-targets --features models -- -D warnings

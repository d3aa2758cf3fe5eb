// Drives llama.cpp for the bench `peer`: one JSON request a line on standard input, one JSON reply a line on
// standard output. Prompts come as token ids, so that both engines read exactly the same.
//
//   node driver.mjs MODEL THREADS CONTEXT_TOKENS

import {createInterface} from "node:readline";
import {getLlama, InputLookupTokenPredictor} from "node-llama-cpp";

const [modelPath, threadsText, contextText] = process.argv.slice(2);
const threads = Number(threadsText);

const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: threads,
    progressLogs: false,
    logLevel: "error"
});
const model = await llama.loadModel({modelPath, gpuLayers: 0});
const context = await model.createContext({
    contextSize: Number(contextText),
    sequences: 2,
    threads: {ideal: threads, min: threads}
});
const predictor = new InputLookupTokenPredictor();
const plain = context.getSequence();
const lookup = context.getSequence({tokenPredictor: predictor});

function reply(value) {
    process.stdout.write(JSON.stringify(value) + "\n");
}

reply({ready: true, threads: context.currentThreads});

for await (const line of createInterface({input: process.stdin})) {
    // `ids` is the prompt, of which the first `n_read` are read before the clock starts; `n_tokens` are written.
    const {ids, n_read, n_tokens, uses_lookup} = JSON.parse(line);
    const sequence = uses_lookup ? lookup : plain;
    await sequence.clearHistory();
    if (n_read > 0)
        await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, n_read));
    if (uses_lookup)
        predictor.updateInputTokens(ids);
    const written = [];
    const started = performance.now();
    let first = started;
    for await (const token of sequence.evaluate(ids.slice(n_read), {temperature: 0, yieldEogToken: true})) {
        if (written.length === 0)
            first = performance.now();
        written.push(token);
        if (written.length >= n_tokens)
            break;
    }
    const ended = performance.now();
    reply({prefill_ms: first - started, decode_ms: ended - first, ids: written});
}
process.exit(0);

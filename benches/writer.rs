//! How fast the writer reads a prompt and writes an answer.
//!
//! Timed: reading a prompt of about 600 tokens (instructions, help articles, a question), reading another
//! question after the same articles, and writing answers that copy from the articles, token by token and with
//! drafting; best of several runs. Also the time to load the file and the memory it takes. Not timed: disk
//! reads beyond the page cache. Needs the weights in `LOKET_MODELS_DIR` or `~/.cache/loket/models`, and says
//! so when they are not there.
//!
//! ```text
//! cargo bench -p benchmarks --bench writer
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use inference::writer::{CancelFlag, GgufWriter, Message, Role, WriteError, WriteRequest, Written};
use inference::{Catalogue, Role as ModelRole};

const RUNS: usize = 3;
const INSTRUCTIONS: &str =
    "Answer the question with the help articles only, in the language of the question.\n";
const ARTICLES: &str = "
# Cancelling a subscription
You can cancel your subscription at any time. Open Settings, choose Subscription and select Cancel. You keep \
access until the end of the period you paid for. After a purchase you have 14 days to cancel and get the full \
amount back. After those 14 days the rest of the period is not refunded. A cancelled subscription can be \
resumed within 90 days without losing data; after that the workspace is removed.

# Refunds
We refund to the payment method you used. A refund takes 5 working days for cards and 2 working days for \
iDEAL. If the refund does not arrive within 10 working days, contact support with the order number. Refunds \
above 500 euros are checked by a person, which takes one more working day.

# Changing your password
To change your password, sign in and open Settings. Choose Security, then Change password. Enter your current \
password, then the new password twice. The new password must have at least 12 characters and must not be one \
of your last 5 passwords. Select Save. You are signed out on all other devices within 15 minutes. If you have \
forgotten your password, select Forgot password on the sign-in page. We send a link to your e-mail address. \
The link works once and expires after 30 minutes.

# Inviting colleagues
Open Settings, choose Members and select Invite. Enter up to 20 e-mail addresses, one on each line, and choose \
a role: viewer, editor or administrator. The invitation is valid for 7 days. Each editor and administrator \
counts as a paid seat from the day the invitation is accepted; viewers are free. To remove somebody, open \
Members, select the three dots behind the name and choose Remove. Documents of a removed member move to the \
administrator who removed them.

# Invoices
Invoices are sent on the first day of the month to the billing address of the workspace. To change the \
address, open Settings, choose Billing and select Edit. A change applies from the next invoice; invoices that \
were sent already cannot be changed. To pay by bank transfer, the workspace needs at least 10 paid seats.
";
const QUESTIONS: [&str; 2] = [
    "How do I change my password?",
    "How do I invite colleagues?",
];

fn main() {
    let catalogue = Catalogue::shipped();
    let Some(entry) = catalogue.default_for(ModelRole::Writer) else {
        println!("the catalogue has no default writer");
        return;
    };
    let path = match benchmarks::model_file(entry) {
        Ok(path) => path,
        Err(missing) => {
            println!("NOT measured: {missing}");
            return;
        }
    };
    let started = Instant::now();
    let mut writer = match GgufWriter::load(&path, entry.id.clone()) {
        Ok(writer) => writer,
        Err(error) => {
            println!("pull model `{}` first: {error}", entry.id);
            return;
        }
    };
    println!("load {:.2} s", started.elapsed().as_secs_f64());
    report_memory("after loading", &path);
    if let Err(error) = run(&mut writer) {
        println!("{error}");
    }
    report_memory("after writing", &path);
}

/// Resident memory against the size of the model's file.
fn report_memory(when: &str, path: &Path) {
    let n_bytes = fs_err::metadata(path).map_or(0, |metadata| metadata.len());
    let file = n_bytes as f64 / f64::from(1 << 20);
    let (now, most) = (
        benchmarks::resident_megabytes(),
        benchmarks::peak_megabytes(),
    );
    println!(
        "memory {when}: {now} MB resident, {most} MB at most, {:.2} and {:.2} times the file",
        now as f64 / file,
        most as f64 / file
    );
}

fn run(writer: &mut GgufWriter) -> Result<(), WriteError> {
    let mut whole = Duration::MAX;
    let mut n_read = 0;
    for run in 0..RUNS {
        // Another first word each time, so that nothing is cached.
        let written = write(writer, &format!("{run}. "), QUESTIONS[0], 1, false)?;
        n_read = written.n_prompt_tokens - written.n_cached_tokens;
        whole = whole.min(written.timings.prefill);
    }
    report("prompt, nothing cached", n_read, whole);

    for question in QUESTIONS {
        let mut prefill = Duration::MAX;
        for drafting in [false, true] {
            let mut decode = Duration::MAX;
            let mut n_tokens = 0;
            let mut n_accepted = 0;
            for run in 0..RUNS {
                if run == 0 {
                    write(writer, "", "?", 1, false)?;
                }
                let written = write(writer, "", question, 160, drafting)?;
                if run == 0 {
                    prefill = prefill.min(written.timings.prefill);
                    n_read = written.n_prompt_tokens - written.n_cached_tokens;
                }
                decode = decode.min(written.timings.decode);
                n_tokens = written.n_tokens - 1;
                n_accepted = written.n_accepted_tokens;
            }
            let how = if drafting { "with drafting" } else { "plain" };
            report(
                &format!("answer, {how}, {n_accepted} accepted"),
                n_tokens,
                decode,
            );
        }
        report("question, articles cached", n_read, prefill);
    }
    Ok(())
}

fn report(what: &str, n_tokens: usize, time: Duration) {
    let seconds = time.as_secs_f64();
    let rate = n_tokens as f64 / seconds;
    println!("{what}: {n_tokens} tokens in {seconds:.2} s, {rate:.1} tokens/s");
}

fn write(
    writer: &mut GgufWriter,
    first: &str,
    question: &str,
    max_tokens: usize,
    drafting: bool,
) -> Result<Written, WriteError> {
    let messages = vec![
        Message::new(Role::System, format!("{first}{INSTRUCTIONS}{ARTICLES}")),
        Message::new(Role::User, question),
    ];
    let mut request = WriteRequest::new(messages, max_tokens);
    request.drafting = drafting;
    writer.generate(&request, &CancelFlag::new(), &mut |_| {
        ControlFlow::Continue(())
    })
}

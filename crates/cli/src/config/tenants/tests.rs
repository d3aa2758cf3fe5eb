use server::config::HostName;

use super::*;
use crate::config::IndexEngine;

/// A deployment on a disk.
struct Rig {
    dir: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl Rig {
    /// With help centers `a` and `b`, whose files are empty.
    fn new(deployment: &str) -> Self {
        let rig = Self {
            dir: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        let dir = rig.path("tenants");
        rig.write(
            "loket.toml",
            &format!("{deployment}\n[tenants]\ndir = {dir:?}\n"),
        );
        rig.write("tenants/a/loket.toml", "");
        rig.write("tenants/b/loket.toml", "");
        rig
    }

    fn path(&self, name: &str) -> PathBuf {
        // As it is after links are followed, so that messages can be compared.
        fs_err::canonicalize(self.dir.path()).unwrap().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn load(&self) -> Result<Settings, String> {
        let loaded = load_all(
            Some(&self.path("loket.toml")),
            self.variables.clone(),
            |_| {},
        );
        loaded.map_err(|error| self.told(error))
    }

    /// What is told of `error`, without the folder of this rig.
    fn told(&self, error: ConfigError) -> String {
        let line = crate::failure::line(&anyhow::Error::from(error));
        line.replace(&format!("{}/", self.path("").display()), "")
            .replace(&self.path("").display().to_string(), "")
    }

    #[track_caller]
    fn two(&self) -> [Tenant; 2] {
        self.load().expect("fine").tenants.try_into().expect("two")
    }

    /// Refused, all or one of them, in one line that holds all of `parts`.
    #[track_caller]
    fn check_refused(&self, parts: &[&str]) {
        let refused = match self.load() {
            Err(refused) => vec![refused],
            Ok(settings) => {
                let failed = settings.failed.into_iter();
                failed.map(|failed| self.told(failed.error)).collect()
            }
        };
        assert!(!refused.concat().contains('\n'), "{refused:?}");
        let is_told = |line: &String| parts.iter().all(|part| line.contains(part));
        assert!(refused.iter().any(is_told), "no {parts:?} in: {refused:?}");
    }

    /// Names of those that are right, and names and hosts of those that are not.
    #[track_caller]
    fn check_failed(&self, right: &[&str], failed: &[(&str, &[&str])]) -> Settings {
        let settings = self.load().expect("one is right");
        let names: Vec<&str> = settings.tenants.iter().map(Tenant::name).collect();
        assert_eq!(names, right);
        let found = settings.failed.iter().filter_map(|of| of.named.as_ref());
        let found: Vec<(&str, Vec<&str>)> = found
            .map(|of| {
                (
                    of.name.as_str(),
                    of.hosts.iter().map(HostName::as_str).collect(),
                )
            })
            .collect();
        let failed: Vec<(&str, Vec<&str>)> = failed
            .iter()
            .map(|(name, hosts)| (*name, hosts.to_vec()))
            .collect();
        assert_eq!(found, failed);
        settings
    }
}

#[test]
fn each_has_what_is_said_for_all_and_its_own_above_that() {
    let rig = Rig::new(
        "[answer]\nmin_support = 0.25\nmin_confidence = 0.4\n[server.limits]\nvisitor_per_minute = 7\nadmin_per_minute = 8\n\
         [support.store]\nreceipts_days = 5",
    )
    .set("LOKET_ANSWER__MAX_ARTICLES", "4")
    .set("LOKET_TENANT_B__ANSWER__MAX_ARTICLES", "6");
    rig.write(
        "tenants/b/loket.toml",
        "[tenant]\nhosts = [\"Help.B.example\"]\n[answer]\nmin_support = 0.75\nmax_articles = 5\n\
         [server.limits]\nvisitor_per_minute = 9\n",
    );
    let settings = rig.load().expect("fine");
    assert_eq!(settings.config.answer.max_articles.get(), 4);
    let [a, b] = rig.two();
    assert_eq!([a.name(), b.name()], ["a", "b"]);
    assert_eq!(a.named.hosts, []);
    assert_eq!(b.named.hosts[0].as_str(), "help.b.example");
    let support = |tenant: &Tenant| tenant.config.answer.min_support.get();
    assert!((support(&a) - 0.25).abs() < 1e-6 && (support(&b) - 0.75).abs() < 1e-6);
    assert!((b.config.answer.min_confidence.get() - 0.4).abs() < 1e-6);
    assert_eq!(a.config.answer.max_articles.get(), 4);
    assert_eq!(b.config.answer.max_articles.get(), 6);
    assert_eq!(a.config.server.limits.visitor_per_minute, 7);
    assert_eq!(b.config.server.limits.visitor_per_minute, 9);
    assert_eq!(b.config.server.limits.admin_per_minute, 8);
    assert_eq!(b.config.support.store.receipts_days, 5);
    assert_eq!(a.config.index.kb, rig.path("tenants/a/knowledge_base"));
    assert_eq!(a.config.index.data_dir, Path::new(".loket/tenants/a"));
    // What is printed of one reads back as the settings of the only one.
    let printed = toml::to_string(&b.config.to_toml().unwrap()).unwrap();
    let read: Config = toml::from_str(&printed).unwrap();
    assert_eq!(read.index, b.config.index);
}

#[test]
fn what_says_who_it_is_is_inherited_from_nobody() {
    let secret = "0123456789abcdef0123456789abcdef";
    let rig = Rig::new(&format!(
        "[index]\nkb = \"elsewhere\"\nengine = \"postgres\"\ncache_mb = 100\n[postgres]\nurl = \"postgres://db/help\"\n\
         [server]\ntoken_secret = {secret:?}\nallowed_origins = [\"https://shop.example\"]\n\
         [support.destinations.desk.via]\ntype = \"webhook\"\nurl = \"https://desk.example/hook\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\""
    ));
    rig.write("tenants/a-b/loket.toml", "");
    let settings = rig.load().expect("fine");
    assert_eq!(settings.config.support.destinations.len(), 1);
    let [a, a_b, b] = settings.tenants.try_into().expect("three");
    for tenant in [&a, &b] {
        assert!(tenant.config.support.destinations.is_empty());
        assert!(tenant.config.server.allowed_origins.is_empty());
        assert_eq!(tenant.config.index.engine, IndexEngine::Postgres);
        assert_eq!(tenant.config.index.cache_mb, 33);
    }
    assert_eq!(a_b.config.postgres.schema, "loket_a_b");
    assert_eq!(a_b.config.server.token_audience, "loket/a-b");
    // One secret on all nodes, and another for each help center that nobody can tell from it.
    let of = |tenant: &Tenant| tenant.config.server.token_secret.reveal().to_owned();
    assert_ne!(of(&a), of(&b));
    assert!(of(&a).len() == 64 && !of(&a).contains(secret));
    let own = "abcdef0123456789abcdef0123456789";
    let rig = rig.set("LOKET_TENANT_A_B__SERVER__TOKEN_SECRET", own);
    let settings = rig.load().expect("fine");
    assert_eq!(of(&settings.tenants[0]), of(&a));
    assert_eq!(of(&settings.tenants[1]), own);
    let [a, _] = Rig::new("").two();
    assert_eq!(of(&a), "");
}

#[test]
fn a_fit_is_taken_whole() {
    let rig = Rig::new(
        "[answer.calibration]\nintercept = 1.5\nweights = { unknown = -3.0, coverage = 2.0 }",
    );
    let own = "[answer.calibration]\nintercept = 2.5\nweights = { unknown = -4.0 }\n";
    rig.write("tenants/b/loket.toml", own);
    let alone = toml::from_str::<Config>(own).unwrap();
    let [a, b] = rig.two();
    assert_eq!(b.config.answer.calibration, alone.answer.calibration);
    assert_ne!(
        a.config.answer.calibration,
        answer::AnswerConfig::default().calibration
    );
}

#[test]
fn what_is_of_the_process_is_refused_with_its_line_and_the_remedy() {
    #[track_caller]
    fn check(text: &str, key: &str, line: usize) {
        let rig = Rig::new("");
        rig.write("tenants/b/loket.toml", text);
        rig.check_refused(&[
            &format!("`tenants/b/loket.toml` line {line}: `{key}` is for all help centers alike"),
            "set it in the deployment's settings",
        ]);
    }
    check("[models]\ndir = \"m\"\n", "models.dir", 2);
    check("[writer]\nengine = \"local\"\n", "writer.engine", 2);
    check("[encoder]\nengine = \"local\"\n", "encoder.engine", 2);
    check("[log]\nfilter = \"warn\"\n", "log.filter", 2);
    check("\n[postgres]\nschema = \"loket_a\"\n", "postgres.schema", 3);
    check("[tenants]\ndir = \"t\"\n", "tenants.dir", 2);
    check("[models]\n", "models", 1);
    for (key, value) in [
        ("data_dir", "\"../a\""),
        ("engine", "\"embedded\""),
        ("cache_mb", "64"),
        ("data_servers", "[]"),
    ] {
        check(
            &format!("[index]\npassage_tokens = 100\n{key} = {value}\n"),
            &format!("index.{key}"),
            3,
        );
    }
    for (key, value) in [
        ("bind", "\"127.0.0.1:1\""),
        ("answer_threads", "2"),
        ("trusted_proxies", "[]"),
        ("token_audience", "\"loket/a\""),
        ("max_connections", "1"),
        ("header_timeout_ms", "1"),
        ("shutdown_grace_ms", "1"),
        ("reload_poll_ms", "1"),
    ] {
        check(
            &format!("[server]\n{key} = {value}\n"),
            &format!("server.{key}"),
            2,
        );
    }
    // The first line that is wrong, and a key without a section of its own.
    check(
        "log.filter = \"warn\"\n[models]\ndir = \"m\"\n",
        "log.filter",
        1,
    );
    Rig::new("")
        .set("LOKET_TENANT_A__SERVER__BIND", "127.0.0.1:1")
        .check_refused(&[
            "variable `LOKET_TENANT_A__SERVER__BIND`: `server.bind` is for all help centers alike",
        ]);
}

#[test]
fn what_is_wrong_in_one_is_no_others_matter() {
    const SUPPORT: &str =
        "[[support.teams]]\nname = \"desk\"\ntime_zone = \"UTC\"\nlanguages = [\"en\"]\n";
    const HOST: &str = "[tenant]\nhosts = [\"b.example\", \"://\"]\n";
    #[track_caller]
    fn check(text: &str, hosts: &[&str], n_teams: usize) {
        let rig = Rig::new("");
        rig.write("tenants/b/loket.toml", text);
        let settings = rig.check_failed(&["a"], &[("b", hosts)]);
        assert_eq!(
            settings.failed[0].config.support.teams.len(),
            n_teams,
            "{text}"
        );
    }
    let default = Config::default().support.teams.len();
    let hosts: &[&str] = &["b.example"];
    // The wrong host is what is wrong.
    check(HOST, hosts, default);
    check(&format!("{HOST}{SUPPORT}"), hosts, 1);
    // Lines that are no TOML, before and after.
    check(&format!("[server\n{HOST}{SUPPORT}"), hosts, 1);
    check(
        &format!("{HOST}{SUPPORT}[answer]\nmin_support = \n= 3\n"),
        hosts,
        1,
    );
    check(&format!("{HOST}{}", "=\n".repeat(40)), &[], default);
    // Its support tables are what is wrong.
    check(
        &format!("{HOST}{}", SUPPORT.replace("UTC", "Mars")),
        hosts,
        default,
    );
    check("[tenant]\nhosts = \"b.example\"\n", &[], default);
    // What is wrong is a variable.
    let rig = Rig::new("").set("LOKET_TENANT_B__SERVER__BIND", "127.0.0.1:1");
    rig.write(
        "tenants/b/loket.toml",
        "[tenant]\nhosts = [\"b.example\"]\n",
    );
    rig.check_failed(&["a"], &[("b", hosts)]);
    // Origins are its own, whatever else of that section is wrong; the deployment's are nobody's.
    let rig = Rig::new("[server]\nallowed_origins = [\"https://shop.example\"]\n");
    rig.write(
        "tenants/b/loket.toml",
        "[server]\nallowed_origins = [\"https://b.example\"]\nbind = \"127.0.0.1:1\"\n",
    );
    let settings = rig.check_failed(&["a"], &[("b", &[])]);
    let origins = &settings.failed[0].config.server.allowed_origins;
    assert_eq!(
        (origins.len(), origins[0].as_str()),
        (1, "https://b.example")
    );
    // A folder without a name.
    rig.write("tenants/b/loket.toml", "");
    rig.write("tenants/B/loket.toml", "");
    let settings = rig.check_failed(&["a", "b"], &[]);
    assert!(settings.failed[0].named.is_none());
}

#[test]
fn a_host_of_two_leads_to_neither() {
    let rig = Rig::new("");
    let hosts = "[tenant]\nhosts = [\"help.example\"]\n";
    rig.write("tenants/a/loket.toml", hosts);
    rig.write("tenants/c/loket.toml", hosts);
    let hosts: &[&str] = &["help.example"];
    rig.check_failed(&["b"], &[("c", hosts), ("a", hosts)]);
    for [one, other] in [["a", "c"], ["c", "a"]] {
        rig.check_refused(&[&format!(
            "`tenants/{one}/loket.toml`: the host `help.example` is named in `tenants/{other}/loket.toml`, too"
        )]);
    }
}

#[test]
fn what_is_wrong_in_one_is_named_with_its_place() {
    let rig = Rig::new("");
    rig.write("tenants/b/loket.toml", "[server]\nbnd = 1\n");
    rig.check_refused(&["`tenants/b/loket.toml` line 2: unknown key `bnd`"]);
    rig.write("tenants/b/loket.toml", "[index]\npassage_tokens = 5\n");
    rig.check_refused(&["`tenants/b/loket.toml`: `index.passage_tokens`: 5 is not"]);
    rig.write(
        "tenants/b/loket.toml",
        "[tenant]\nhosts = [\"https://b.example\"]\n",
    );
    rig.check_refused(&[
        "`tenants/b/loket.toml` line 2: `https://b.example` is no name of a host",
        "such as `help.example`",
    ]);
    // A queue that hands over to a desk of the deployment has none here.
    let desk = "[support.destinations.desk.via]\ntype = \"webhook\"\nurl = \"https://desk.example/hook\"\n\
        secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
    let team = "[[support.teams]]\nname = \"t\"\ntime_zone = \"UTC\"\nlanguages = [\"en\"]\n";
    let queue = "[[support.queues]]\nname = \"q\"\nteam = \"t\"\ndestinations = [\"desk\"]\n";
    let rig = Rig::new(&format!("{desk}{team}{queue}"));
    rig.check_refused(&["`tenants/a/loket.toml`: `support`", "desk"]);
}

#[test]
fn folders_are_what_they_must_be() {
    let rig = Rig::new("");
    rig.write("tenants/README.md", "Not a help center.");
    rig.write("tenants/.git/loket.toml", "[");
    rig.two();
    fs_err::create_dir(rig.path("tenants/c")).unwrap();
    rig.check_refused(&["`tenants/c`: a help center has its settings in `loket.toml` here"]);
    fs_err::rename(rig.path("tenants/c"), rig.path("tenants/C_c")).unwrap();
    rig.check_refused(&[
        "`tenants/C_c`: `C_c` is no name for a help center",
        "lower-case",
    ]);

    let rig = Rig::new("");
    fs_err::remove_dir_all(rig.path("tenants")).unwrap();
    rig.check_refused(&["`tenants` cannot be read"]);
    fs_err::create_dir(rig.path("tenants")).unwrap();
    rig.check_refused(&["`tenants`: there is no help center in this folder"]);
    Rig::new("")
        .set("LOKET_TENANT_C__ANSWER__MIN_SUPPORT", "0.5")
        .check_refused(&[
            "`LOKET_TENANT_C__ANSWER__MIN_SUPPORT`",
            "there are `a`, `b`",
        ]);
}

#[test]
fn no_two_share_a_host_or_a_folder() {
    let rig = Rig::new("");
    rig.write(
        "tenants/a/loket.toml",
        "[tenant]\nhosts = [\"x.example\", \"help.example\"]\n",
    );
    rig.write(
        "tenants/b/loket.toml",
        "[tenant]\nhosts = [\"HELP.example.\"]\n",
    );
    rig.check_refused(&[
        "`tenants/b/loket.toml`: the host `help.example` is named in `tenants/a/loket.toml`, too",
    ]);
    let rig = Rig::new("");
    rig.write(
        "tenants/a/loket.toml",
        "[tenant]\nhosts = [\"help.example\", \"help.example\"]\n",
    );
    rig.check_refused(&["`tenants/a/loket.toml`: the host `help.example` is named"]);
}

#[cfg(unix)]
#[test]
fn links_lead_out_of_no_folder_and_to_no_other_help_center() {
    use std::os::unix::fs::symlink;

    // As Kubernetes mounts settings: links within the folder.
    let rig = Rig::new("");
    rig.write("tenants/..data/c/loket.toml", "");
    symlink("..data/c", rig.path("tenants/c")).unwrap();
    assert_eq!(rig.load().expect("fine").tenants.len(), 3);

    let rig = Rig::new("");
    rig.write("outside/loket.toml", "");
    symlink(rig.path("outside"), rig.path("tenants/c")).unwrap();
    rig.check_refused(&["`tenants/c`: it is a link that leads out of `tenants`"]);
    fs_err::remove_file(rig.path("tenants/c")).unwrap();

    fs_err::remove_file(rig.path("tenants/b/loket.toml")).unwrap();
    symlink(
        rig.path("outside/loket.toml"),
        rig.path("tenants/b/loket.toml"),
    )
    .unwrap();
    rig.check_refused(&["`tenants/b/loket.toml`: it is a link that leads out"]);

    let rig = Rig::new("");
    symlink(rig.path("loket.toml"), rig.path("tenants/b/knowledge_base")).unwrap();
    rig.check_refused(&["`tenants/b/knowledge_base`: it is a link that leads out"]);

    // Another's articles, and all of them.
    let rig = Rig::new("");
    rig.write("tenants/a/knowledge_base/en/a.md", "# A\n");
    symlink("../a/knowledge_base", rig.path("tenants/b/knowledge_base")).unwrap();
    rig.check_refused(&[
        "`tenants/b/loket.toml`: ",
        "is a folder of the help center of `tenants/a/loket.toml`, too",
    ]);
    fs_err::remove_file(rig.path("tenants/b/knowledge_base")).unwrap();
    symlink("..", rig.path("tenants/b/knowledge_base")).unwrap();
    rig.check_refused(&["is a folder of the help center of `tenants/a/loket.toml`, too"]);

    // One data folder for two.
    let data = tempfile::tempdir().unwrap();
    let rig = Rig::new(&format!("[index]\ndata_dir = {:?}", data.path()));
    fs_err::create_dir_all(data.path().join("tenants/a")).unwrap();
    symlink("a", data.path().join("tenants/b")).unwrap();
    rig.check_refused(&["is a folder of the help center of `tenants/a/loket.toml`, too"]);
}

#[test]
fn articles_lie_beside_the_settings_or_in_a_folder_for_all() {
    let rig = Rig::new("");
    rig.write("tenants/a/loket.toml", "[index]\nkb = \"articles/live\"\n");
    let [a, b] = rig.two();
    assert_eq!(a.config.index.kb, rig.path("tenants/a/articles/live"));
    assert_eq!(b.config.index.kb, rig.path("tenants/b/knowledge_base"));
    for out in ["../b/knowledge_base", "/etc", "x/../../b"] {
        rig.write("tenants/a/loket.toml", &format!("[index]\nkb = {out:?}\n"));
        rig.check_refused(&[
            "`tenants/a/loket.toml`: `index.kb` is `",
            "which leads out of",
        ]);
    }
    let articles = rig.path("articles");
    fs_err::create_dir(&articles).unwrap();
    let rig = rig.set("LOKET_TENANTS__ARTICLES", articles.to_str().unwrap());
    rig.write("tenants/a/loket.toml", "[index]\nkb = \"live\"\n");
    let [a, b] = rig.two();
    assert_eq!(a.config.index.kb, articles.join("a/live"));
    assert_eq!(b.config.index.kb, articles.join("b"));
}

#[test]
fn where_there_is_one_help_center_nothing_is_of_several() {
    #[track_caller]
    fn check(text: &str, variable: Option<&str>, message: &str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("loket.toml");
        fs_err::write(&path, text).unwrap();
        let variables = variable.map(|name| (OsString::from(name), OsString::from("0.5")));
        let refused = load_all(Some(&path), variables, |_| {}).expect_err("refused");
        let line = crate::failure::line(&anyhow::Error::from(refused));
        assert!(line.starts_with(message), "{line}");
    }
    check(
        "[tenant]\nhosts = [\"help.example\"]\n",
        None,
        "`tenant`: it is for the file of one help center of several",
    );
    check(
        "[tenants]\narticles = \"articles\"\n",
        None,
        "`tenants.articles`: there are no help centers whose articles that could be",
    );
    check(
        "",
        Some("LOKET_TENANT_A__ANSWER__MIN_SUPPORT"),
        "variable `LOKET_TENANT_A__ANSWER__MIN_SUPPORT` is for no help center that is there; `tenants.dir` names",
    );
    // Nothing of it is in the settings that are printed.
    let printed = Config::default().to_toml().unwrap().to_string();
    assert!(!printed.contains("tenant"), "{printed}");
}

#[test]
fn a_schema_that_gets_too_long_is_refused_where_it_is_used() {
    let rig = Rig::new(
        "[index]\nengine = \"postgres\"\n[postgres]\nurl = \"postgres://db/help\"\nschema = \"a_schema_with_a_rather_long_name_of_its\"",
    );
    rig.check_refused(&[
        "`tenants/a/loket.toml`: `postgres`: `postgres.schema`",
        "is no name",
    ]);
}

//! The stores that a test can run on, and the servers behind them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use model_registry::{Remote, Store};

use crate::support::object_server::{Dialect, ObjectServer};
use crate::support::{Background, Folder, program, registry, run, settings};

/// The account and the public key of Azure's emulator.
const EMULATOR: &str = "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1\
    OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Where a manifest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Moto,
    Azurite,
    Fake(Dialect),
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::File,
        Self::Moto,
        Self::Azurite,
        Self::Fake(Dialect::S3),
        Self::Fake(Dialect::Google),
        Self::Fake(Dialect::Azure),
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase().replace(['(', ')'], "_").trim_end_matches('_').to_owned()
    }

    /// Returns why this store is not available; `None` if it is.
    fn missing(self) -> Option<String> {
        match self {
            Self::Moto => missing("moto/bin/moto_server"),
            Self::Azurite => missing("node_modules/.bin/azurite-blob"),
            Self::File | Self::Fake(_) => None,
        }
    }
}

/// Returns why a program of the servers is not available.
pub(crate) fn missing(name: &str) -> Option<String> {
    match servers() {
        None => Some("REGISTRY_TEST_SERVERS is not set; .ci/remote installs the servers".into()),
        Some(folder) if folder.join(name).exists() => None,
        Some(folder) => Some(format!("{} does not exist", folder.join(name).display())),
    }
}

pub(crate) fn servers() -> Option<PathBuf> {
    std::env::var_os("REGISTRY_TEST_SERVERS").map(PathBuf::from)
}

/// A test on every store.
pub(crate) fn on_all(name: &str, test: fn(&TestStore)) -> Vec<Trial> {
    Kind::ALL.map(|kind| on(kind, name, test)).into()
}

/// A test on the file and on the stores that the tests play themselves.
pub(crate) fn on_fakes(name: &str, test: fn(&TestStore)) -> Vec<Trial> {
    let kinds = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Moto | Kind::Azurite));
    kinds.map(|kind| on(kind, name, test)).collect()
}

/// A test on one store; ignored if that is not available.
pub(crate) fn on(kind: Kind, name: &str, test: fn(&TestStore)) -> Trial {
    let name = format!("{name}::{}", kind.name());
    trial(&name, kind.missing(), move || test(&TestStore::new(kind)))
}

pub(crate) fn trial(
    name: &str,
    missing: Option<String>,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    let kind = missing.as_ref().map(|why| format!("skipped: {why}"));
    let is_missing = missing.is_some();
    let trial = Trial::test(name, move || {
        if let Some(why) = missing {
            return Err(Failed::from(why));
        }
        test();
        Ok(())
    });
    trial.with_kind(kind.unwrap_or_default()).with_ignored_flag(is_missing)
}

/// A program that listens on a separate port, and ends with this process.
pub(crate) struct Server {
    pub(crate) port: String,
    _process: Background,
}

impl Server {
    /// Starts a server by its script, which prints the port when it is ready.
    pub(crate) fn start(script: &str) -> Self {
        let folder = servers().expect("a folder of servers");
        let mut command = program(folder.join("moto/bin/python"));
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/remote");
        command.arg(scripts.join(script)).env("REGISTRY_TEST_SERVERS", folder);
        let mut process = Background::start(&mut command);
        let line = process.first_line();
        let port = line.trim().rsplit([' ', ':']).next().unwrap_or_default().to_owned();
        assert!(port.parse::<u16>().is_ok(), "{command:?} printed {line:?}");
        Self { port, _process: process }
    }
}

fn moto() -> String {
    static MOTO: LazyLock<Mutex<Server>> = LazyLock::new(|| Server::start("moto_server.py").into());
    MOTO.lock().expect("no test panics here").port.clone()
}

fn azurite() -> String {
    static AZURITE: LazyLock<Mutex<Server>> =
        LazyLock::new(|| Server::start("azurite_server.py").into());
    AZURITE.lock().expect("no test panics here").port.clone()
}

/// A manifest in a store, that no other test uses.
pub(crate) struct TestStore {
    pub(crate) kind: Kind,
    /// The path or the URL of the manifest.
    pub(crate) path: PathBuf,
    pub(crate) folder: Folder,
    pub(crate) fake: Option<ObjectServer>,
    pub(crate) environment: Vec<(String, String)>,
}

impl TestStore {
    pub(crate) fn new(kind: Kind) -> Self {
        let fake = match kind {
            Kind::Fake(dialect) => Some(ObjectServer::start(dialect)),
            _ => None,
        };
        Self::with(kind, fake)
    }

    /// The store behind a server of these tests.
    pub(crate) fn on_fake(server: ObjectServer, dialect: Dialect) -> Self {
        Self::with(Kind::Fake(dialect), Some(server))
    }

    fn with(kind: Kind, fake: Option<ObjectServer>) -> Self {
        let folder = Folder::new();
        // The folder's name is unique.
        let name = folder.path().file_name().expect("a name").to_string_lossy().into_owned();
        let key = format!("{name}/manifest.json");
        let (path, mut environment) = match (kind, &fake) {
            (Kind::File, _) => (folder.file("manifest.json"), Vec::new()),
            (Kind::Moto, _) => (
                format!("s3://bucket/{key}").into(),
                vec![
                    ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", moto())),
                    ("AWS_ACCESS_KEY_ID", "AKIATEST".to_owned()),
                    ("AWS_SECRET_ACCESS_KEY", "hunter2-hunter2".to_owned()),
                ],
            ),
            (Kind::Azurite, _) => {
                let port = azurite();
                let url = format!("http://127.0.0.1:{port}/devstoreaccount1");
                let string = format!("{EMULATOR};BlobEndpoint={url}");
                let path = format!("az://bucket/{key}").into();
                (path, vec![("AZURE_STORAGE_CONNECTION_STRING", string)])
            }
            (Kind::Fake(_), Some(server)) => (server.url(&key).into(), server.environment()),
            (Kind::Fake(_), None) => unreachable!("a fake store has a server"),
        };
        let cache = folder.file("cache").to_string_lossy().into_owned();
        environment.push(("XDG_CACHE_HOME", cache));
        environment.push(("HOME", folder.path().to_string_lossy().into_owned()));
        environment.push(("AWS_EC2_METADATA_DISABLED", "true".to_owned()));
        // On a busy machine sixteen writers can need longer than people wait.
        environment.push(("REGISTRY_LOCK_TIMEOUT", "200".to_owned()));
        let environment: Vec<_> =
            environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        settings(&path, &environment);
        Self { kind, path, folder, fake, environment }
    }

    /// The `registry` command on this manifest.
    pub(crate) fn registry(&self) -> Command {
        registry(&self.path)
    }

    /// Returns `registry copy`, which refuses --manifest, with the environment of the store.
    pub(crate) fn copy_command(&self, from: &str, to: &str) -> Command {
        let mut command = program("registry");
        command.envs(self.environment.clone()).args(["copy", from, to]);
        command
    }

    /// The library's store.
    pub(crate) fn store(&self) -> Store {
        let remote = Remote::new(self.environment.clone());
        let remote = remote.cache_folder(self.folder.file("library"));
        Store::new(&self.path).remote(remote).lock_timeout(Duration::from_secs(200))
    }

    /// The key of the manifest in its bucket.
    pub(crate) fn key(&self) -> String {
        let path = self.path.to_string_lossy();
        path.split_once("bucket/").map_or_else(String::new, |(_, key)| key.to_owned())
    }

    /// The text of the manifest; empty if there is none.
    pub(crate) fn text(&self) -> String {
        if let Some(fake) = &self.fake {
            let content = fake.content(&self.key()).unwrap_or_default();
            return String::from_utf8(content).expect("UTF-8");
        }
        let store = self.store();
        if store.exists().expect("it can be asked") {
            store.read_named(&self.path).expect("it can be read")
        } else {
            String::new()
        }
    }

    /// A copy of the manifest in a file.
    pub(crate) fn copy(&self) -> PathBuf {
        self.folder.write("copy.json", self.text())
    }

    /// Registers a version, and makes sure that it is done.
    #[track_caller]
    pub(crate) fn register(&self, version: &str) {
        let arguments = ["register", "m", "--artifact-path", "s3://p", "--version", version];
        run(self.registry().args(arguments)).code(0);
    }

    /// The names of the versions of model `m`.
    #[track_caller]
    pub(crate) fn versions(&self) -> Vec<String> {
        let manifest =
            model_registry::Manifest::parse(self.text(), &self.path).expect("it is whole");
        let Ok(model) = manifest.model("m") else { return Vec::new() };
        model.versions().iter().map(|version| version.version().to_owned()).collect()
    }
}

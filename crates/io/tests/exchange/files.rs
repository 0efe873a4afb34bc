//! An app with files: what the tests of uploads, downloads and chunks share.

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use appnet_io::{
    ClientOptions, DirectorySandbox, Exchanged, FileSandbox, Listener,
    files::{FileError, PendingFile, Readable},
};
use appnet_policy::{
    Policy,
    exchange::{Progress, ReceivedBody, ResponseHead, SaveTo},
    files::FileName,
    prepare::{self, DownloadOptions, Prepared, UploadOptions},
    rules::AppConfig,
};
use appnet_testkit::Ca;
use bytes::Bytes;
use tempfile::TempDir;

use crate::support::{App, HOST};

/// An app whose sandbox is a directory that a test looks into.
pub(crate) struct FilesApp {
    pub(crate) app: App,
    pub(crate) sandbox: Arc<DirectorySandbox>,
    directory: TempDir,
}

impl FilesApp {
    /// A developer's session, which may use plain http: to any port of loopback.
    pub(crate) fn plain() -> Self {
        Self::plain_with(Policy::seed())
    }

    pub(crate) fn plain_with(policy: Policy) -> Self {
        let files = policy.files;
        Self::new(&Ca::new(), App::plain_with(policy), files)
    }

    /// An app that may call `https://api.example.test`, which is at `port` on loopback.
    pub(crate) fn tls(ca: &Ca, port: u16) -> Self {
        let domains = |config: &mut AppConfig| {
            config.domains.upload_file = vec![format!("https://{HOST}")];
            config.domains.download_file = vec![format!("https://{HOST}")];
        };
        let policy = Policy::seed();
        let files = policy.files;
        Self::new(ca, App::with(ca, port, policy, domains), files)
    }

    fn new(ca: &Ca, app: App, limits: appnet_policy::preset::FileLimits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sandbox = Arc::new(DirectorySandbox::open(directory.path(), limits).unwrap());
        let files = Some(Arc::clone(&sandbox) as Arc<dyn FileSandbox>);
        Self {
            app: app.with_options(ca, options(files)),
            sandbox,
            directory,
        }
    }

    /// Where a file of the user directory is.
    pub(crate) fn user(&self, name: &str) -> PathBuf {
        self.directory.path().join("usr").join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let name = FileName::User(vec![name.to_owned()]);
        self.sandbox.write(&name, content).unwrap();
    }

    /// What the sandbox holds, parts included, as `usr/a`.
    pub(crate) fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for place in ["usr", "tmp", "part"] {
            for entry in fs::read_dir(self.directory.path().join(place)).unwrap() {
                let name = entry.unwrap().file_name();
                all.push(format!("{place}/{}", name.to_string_lossy()));
            }
        }
        all.sort();
        all
    }

    /// Returns when bytes of a pending file are on the disk.
    pub(crate) async fn written(&self) {
        let parts = self.directory.path().join("part");
        let length = |entry: io::Result<fs::DirEntry>| entry.unwrap().metadata().unwrap().len();
        while fs::read_dir(&parts).unwrap().map(length).sum::<u64>() == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Returns when no file is pending any more; temporary ones are gone then too.
    pub(crate) async fn settled(&self) {
        let sandbox = Arc::clone(&self.sandbox);
        tokio::task::spawn_blocking(move || sandbox.remove_temporaries())
            .await
            .unwrap();
    }

    pub(crate) async fn upload(&self, url: &str, file: &str) -> (Exchanged, Seen) {
        self.run(self.upload_call(url, file)).await
    }

    pub(crate) async fn download(&self, url: &str, to: Option<&str>) -> (Exchanged, Seen) {
        self.run(self.download_call(url, to)).await
    }

    pub(crate) fn upload_call(&self, url: &str, file: &str) -> Prepared {
        let options = UploadOptions {
            url: url.to_owned(),
            file_path: file.to_owned(),
            name: "file".to_owned(),
            form_data: vec![("k".to_owned(), "值".to_owned())],
            ..UploadOptions::default()
        };
        prepare::upload(&self.app.rules, options).unwrap()
    }

    pub(crate) fn download_call(&self, url: &str, to: Option<&str>) -> Prepared {
        let options = DownloadOptions {
            url: url.to_owned(),
            file_path: to.map(str::to_owned),
            ..DownloadOptions::default()
        };
        prepare::download(&self.app.rules, options).unwrap()
    }

    pub(crate) async fn run(&self, prepared: Prepared) -> (Exchanged, Seen) {
        let mut seen = Seen::default();
        let Prepared {
            request, receive, ..
        } = prepared;
        let exchanged = self.app.client.exchange(request, receive, &mut seen).await;
        (exchanged, seen)
    }

    /// Downloads, keeps the file, and reads it.
    pub(crate) async fn downloaded(&self, url: &str, to: Option<&str>) -> (FileName, Vec<u8>) {
        let (mut exchanged, _) = self.download(url, to).await;
        let ReceivedBody::File(name) = exchanged.outcome.unwrap().body else {
            panic!("no file");
        };
        exchanged.file.take().unwrap().keep().unwrap();
        let mut content = Vec::new();
        let mut readable = self.sandbox.open(&name).unwrap();
        readable.content.read_to_end(&mut content).unwrap();
        assert_eq!(readable.length, content.len() as u64);
        (name, content)
    }

    /// The same app with these files in place of its own.
    pub(crate) fn with_files(self, files: Arc<dyn FileSandbox>) -> Self {
        self.with_files_and_trust(&Ca::new(), files)
    }

    pub(crate) fn with_files_and_trust(mut self, ca: &Ca, files: Arc<dyn FileSandbox>) -> Self {
        self.app = self.app.with_options(ca, options(Some(files)));
        self
    }

    pub(crate) fn without_files(mut self) -> Self {
        self.app = self.app.with_options(&Ca::new(), options(None));
        self
    }
}

fn options(files: Option<Arc<dyn FileSandbox>>) -> ClientOptions {
    ClientOptions {
        files,
        ..ClientOptions::default()
    }
}

/// What a listener heard.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) head: Option<ResponseHead>,
    pub(crate) progress: Vec<Progress>,
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) waits: usize,
}

impl Listener for Seen {
    fn head(&mut self, head: &Arc<ResponseHead>) {
        assert!(
            self.head.replace(ResponseHead::clone(head)).is_none(),
            "one head"
        );
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }

    fn chunk(&mut self, data: Bytes) {
        self.chunks.push(data);
    }

    fn awaits_app(&mut self) {
        self.waits += 1;
    }
}

impl Seen {
    /// Asserts that progress only grew, and ended with all of `total` bytes.
    #[track_caller]
    pub(crate) fn assert_complete(&self, total: u64) {
        let done: Vec<_> = self.progress.iter().map(|progress| progress.done).collect();
        assert!(done.is_sorted(), "{done:?}");
        assert!(
            self.progress
                .iter()
                .all(|progress| progress.total == Some(total))
        );
        assert_eq!(done.last(), Some(&total), "{done:?}");
    }
}

/// Files that are not what they seem: what is opened has this content and says this length; what is written fails after so many bytes.
pub(crate) struct Odd {
    pub(crate) content: fn() -> Box<dyn io::Read + Send>,
    pub(crate) length: u64,
    pub(crate) room: u64,
    /// How often a file was opened.
    pub(crate) opened: AtomicUsize,
}

impl Odd {
    /// A file of so many bytes that says it has `length`.
    pub(crate) fn file(content: fn() -> Box<dyn io::Read + Send>, length: u64) -> Self {
        Self {
            content,
            length,
            room: 0,
            opened: AtomicUsize::new(0),
        }
    }

    /// A disk that has room for so many bytes.
    pub(crate) fn disk(room: u64) -> Self {
        Self {
            room,
            ..Self::file(|| Box::new(io::empty()), 0)
        }
    }
}

impl FileSandbox for Odd {
    fn open(&self, _: &FileName) -> Result<Readable, FileError> {
        self.opened.fetch_add(1, SeqCst);
        Ok(Readable {
            content: (self.content)(),
            length: self.length,
        })
    }

    fn create(&self, _: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        Ok(Box::new(Full(self.room)))
    }

    fn remove_temporaries(&self) {}
}

/// A file on a disk that has room for so many bytes.
struct Full(u64);

impl PendingFile for Full {
    fn announce(&mut self, _: u64) -> Result<(), FileError> {
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), FileError> {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        self.0 = self.0.checked_sub(data.len() as u64).ok_or_else(full)?;
        Ok(())
    }

    fn seal(&mut self, _: Option<&str>) -> Result<FileName, FileError> {
        Ok(FileName::Temporary("tmp_1".to_owned()))
    }

    fn keep(self: Box<Self>) -> Result<(), FileError> {
        Ok(())
    }
}

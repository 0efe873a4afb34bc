//! What the host gives may panic: it ends the call that met it, and no other (P8).

use std::{rc::Rc, sync::Arc};

use appnet_io::{
    ClientOptions, FileSandbox, Lookup, Resolver,
    files::{FileError, PendingFile, Readable},
};
use appnet_policy::{Failure, Policy, exchange::SaveTo, failure::InternalFault, files::FileName};
use appnet_testkit::{Ca, HttpOrigin, Reply};

use crate::{
    files::FilesApp,
    scripted::{Scripted, forever},
    support::{App, HOST, failure, run, text},
};

/// Where a sandbox panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Open,
    Read,
    Create,
    Write,
    Seal,
}

struct Panics(Place);

impl Panics {
    fn at(&self, place: Place) {
        assert!(self.0 != place, "a panic that the test asked for");
    }
}

impl FileSandbox for Panics {
    fn open(&self, _: &FileName) -> Result<Readable, FileError> {
        self.at(Place::Open);
        Ok(Readable {
            content: Box::new(Unreadable(Self(self.0))),
            length: 10,
        })
    }

    fn create(&self, _: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        self.at(Place::Create);
        Ok(Box::new(Self(self.0)))
    }

    fn remove_temporaries(&self) {}
}

struct Unreadable(Panics);

impl std::io::Read for Unreadable {
    fn read(&mut self, piece: &mut [u8]) -> std::io::Result<usize> {
        self.0.at(Place::Read);
        piece.fill(b'a');
        Ok(piece.len().min(10))
    }
}

impl PendingFile for Panics {
    fn announce(&mut self, _: u64) -> Result<(), FileError> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> Result<(), FileError> {
        self.at(Place::Write);
        Ok(())
    }

    fn seal(&mut self, _: Option<&str>) -> Result<FileName, FileError> {
        self.at(Place::Seal);
        Ok(FileName::Temporary("tmp_1".to_owned()))
    }

    fn keep(self: Box<Self>) -> Result<(), FileError> {
        Ok(())
    }
}

#[test]
fn p8_a_sandbox_that_panics_fails_its_own_call_alone() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|_| Reply::text("a body"))
            .unwrap();
        let url = format!("http://{}/", origin.address());
        for place in [
            Place::Open,
            Place::Read,
            Place::Create,
            Place::Write,
            Place::Seal,
        ] {
            let app = FilesApp::plain().with_files(Arc::new(Panics(place)));
            let exchanged = match place {
                Place::Open | Place::Read => app.upload(&url, "wxfile://usr/a").await.0,
                Place::Create | Place::Write | Place::Seal => app.download(&url, None).await.0,
            };
            let found = failure(exchanged);
            let crashed = Failure::Internal(InternalFault::Crashed);
            assert_eq!(found.failure, crashed, "{place:?}: {}", found.reason);
            assert!(
                found.reason.contains("panicked"),
                "{place:?}: {}",
                found.reason
            );
            assert_eq!(text(app.app.get(&url).await), "a body", "{place:?}");
        }
    });
}

/// Panics at its first lookup.
struct PanicsOnce(Scripted);

impl Resolver for PanicsOnce {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        let lookup = self.0.resolve(name);
        assert!(self.0.asked().len() > 1, "a panic that the test asked for");
        lookup
    }
}

#[test]
fn p8_a_resolver_that_panics_fails_its_own_call_alone() {
    run(async {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http1())
            .start(|_| Reply::text("ok"))
            .unwrap();
        let resolver = PanicsOnce(Scripted::answering(forever(&["127.0.0.1"])));
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            config.addresses = appnet_policy::addresses::AddressRule::Any;
            config.connect_to = vec![format!(":::{}", origin.port()).parse().unwrap()];
        });
        let options = ClientOptions {
            resolver: Rc::new(resolver),
            ..ClientOptions::default()
        };
        let app = Rc::new(app.with_options(&ca, options));
        let call = Rc::clone(&app);
        let crashed = tokio::task::spawn_local(async move {
            drop(call.get(&format!("https://{HOST}/")).await);
        });
        assert!(crashed.await.unwrap_err().is_panic());
        assert_eq!(text(app.get(&format!("https://{HOST}/")).await), "ok");
    });
}

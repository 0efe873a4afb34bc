//! Forms with a file, streamed from the disk (F1, F2).

use appnet_io::{
    FileSandbox,
    files::{FileError, PendingFile, Readable},
};
use appnet_policy::{
    exchange::SaveTo,
    failure::{AppFault, InternalFault},
    files::FileName,
};
use std::{
    io::{self, Read},
    sync::Arc,
};

use appnet_policy::{Failure, Policy, preset::FileLimits};
use appnet_testkit::{Ca, Gate, HttpOrigin, RawOrigin, Reply, Script};

use crate::{
    files::{FilesApp, Odd},
    support::{HOST, answer, assert_fails, run, text, url},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Bytes that no power of two repeats.
fn content(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}

/// The file's bytes out of a body with one field before it.
fn file_in(body: &[u8]) -> &[u8] {
    let starts: Vec<_> = windows(body, b"\r\n\r\n").collect();
    let end = windows(body, b"\r\n--").last().unwrap();
    &body[starts[1] + 4..end]
}

fn windows<'a>(body: &'a [u8], wanted: &'a [u8]) -> impl Iterator<Item = usize> {
    body.windows(wanted.len())
        .enumerate()
        .filter(move |(_, window)| *window == wanted)
        .map(|(at, _)| at)
}

#[test]
fn f1_a_form_is_sent_with_its_length_and_its_file_byte_for_byte() {
    run(async {
        for length in [0, 1, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 300_000] {
            let origin = RawOrigin::plain().script(Script::reply(OK)).start();
            let app = FilesApp::plain();
            app.write("a.png", &content(length));
            let (exchanged, seen) = app.upload(&url(&origin, "/up"), "wxfile://usr/a.png").await;
            assert_eq!(text(exchanged), "ok");
            let request = origin.request(0).await;
            assert_eq!(
                (request.method.as_str(), request.target.as_str()),
                ("POST", "/up")
            );
            assert_eq!(
                request.header("content-length"),
                Some(&*request.body.len().to_string())
            );
            assert_eq!(request.headers_named("content-type").count(), 1);
            let boundary = request
                .header("content-type")
                .and_then(|value| value.strip_prefix("multipart/form-data; boundary="))
                .unwrap();
            assert!(
                request
                    .body
                    .starts_with(format!("--{boundary}\r\n").as_bytes())
            );
            assert!(
                request
                    .body
                    .ends_with(format!("\r\n--{boundary}--\r\n").as_bytes())
            );
            assert_eq!(file_in(&request.body), content(length));
            seen.assert_complete(request.body.len() as u64);
        }
    });
}

#[test]
fn f1_no_two_forms_have_the_same_boundary() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(OK).repeat())
            .start();
        let app = FilesApp::plain();
        app.write("a", b"");
        for _ in 0..2 {
            app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
        }
        let (one, other) = (origin.request(0).await, origin.request(1).await);
        assert_eq!(
            one.connection, other.connection,
            "the connection serves again"
        );
        let (one, other) = (one.header("content-type"), other.header("content-type"));
        assert!(one.unwrap().len() >= "multipart/form-data; boundary=".len() + 32);
        assert_ne!(one, other);
    });
}

#[test]
fn f1_a_form_goes_over_tls_by_http1_and_http2() {
    run(async {
        let ca = Ca::new();
        for http2 in [false, true] {
            let leaf = ca.issue(&[HOST]);
            let origin = HttpOrigin::tls(leaf.http2())
                .start(|request| {
                    Reply::text(format!("{} {}", request.http2, file_in(request.body).len()))
                })
                .unwrap();
            let app = FilesApp::tls(&ca, origin.port());
            app.write("a.bin", &content(3_000_000));
            let mut call = app.upload_call(&format!("https://{HOST}/"), "wxfile://usr/a.bin");
            call.request.http2 = http2;
            let (exchanged, seen) = app.run(call).await;
            assert_eq!(text(exchanged), format!("{http2} 3000000"));
            let total = seen.progress.last().unwrap().total.unwrap();
            seen.assert_complete(total);
        }
    });
}

#[test]
fn f2_a_missing_file_costs_no_connection() {
    run(async {
        let origin = RawOrigin::plain().start();
        let app = FilesApp::plain();
        for file in [
            "wxfile://usr/none",
            "wxfile://usr/none/a",
            "wxfile://tmp_none",
        ] {
            let (exchanged, _) = app.upload(&url(&origin, "/"), file).await;
            assert_fails(
                exchanged,
                Failure::App(AppFault::FileNotFound),
                "no such file",
            );
        }
        assert_eq!(origin.connections(), 0);
    });
}

#[cfg(unix)]
#[test]
fn f2_what_is_no_file_of_the_app_is_not_sent() {
    run(async {
        use std::os::unix::fs::symlink;
        let origin = RawOrigin::plain().start();
        let app = FilesApp::plain();
        std::fs::create_dir(app.user("directory")).unwrap();
        app.write("file", b"");
        symlink("/etc/hostname", app.user("absolute")).unwrap();
        symlink("../../../../../../../../etc/hostname", app.user("relative")).unwrap();
        symlink("/etc", app.user("etc")).unwrap();
        symlink("self", app.user("self")).unwrap();
        for file in [
            "directory",
            "file/below",
            "absolute",
            "relative",
            "etc/hostname",
            "self",
        ] {
            let (exchanged, _) = app
                .upload(&url(&origin, "/"), &format!("wxfile://usr/{file}"))
                .await;
            assert_fails(
                exchanged,
                Failure::App(AppFault::FilePermissionDenied),
                "cannot be sent",
            );
        }
        assert_eq!(origin.connections(), 0);
    });
}

#[test]
fn f2_a_file_that_breaks_off_while_it_is_read_is_told_as_that() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    run(async {
        let origin = RawOrigin::plain().start();
        let odd = Odd::file(|| Box::new(Broken), 10);
        let app = FilesApp::plain().with_files(Arc::new(odd));
        let (exchanged, _) = app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
        assert_fails(
            exchanged,
            Failure::App(AppFault::FilePermissionDenied),
            "cannot be sent",
        );
    });
}

/// A sandbox of the host's with a bug.
struct Panicking;

impl FileSandbox for Panicking {
    fn open(&self, _: &FileName) -> Result<Readable, FileError> {
        panic!("a bug of the host")
    }

    fn create(&self, _: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        panic!("a bug of the host")
    }

    fn remove_temporaries(&self) {}
}

#[test]
fn p8_a_sandbox_that_panics_is_not_said_to_be_the_apps_fault() {
    run(async {
        let origin = RawOrigin::plain().script(Script::reply(OK)).start();
        let app = FilesApp::plain().with_files(Arc::new(Panicking));
        let (exchanged, _) = app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
        let crashed = Failure::Internal(InternalFault::Crashed);
        assert_fails(exchanged, crashed, "the host's file sandbox panicked");
    });
}

#[test]
fn f1_a_file_that_changes_its_size_while_it_is_sent_breaks_the_request() {
    run(async {
        for announced in [99_999, 100_001, 1, 200_000, 0] {
            let origin = RawOrigin::plain().script(Script::reply(OK)).start();
            let odd = Odd::file(|| Box::new(io::repeat(b'x').take(100_000)), announced);
            let app = FilesApp::plain().with_files(Arc::new(odd));
            let (exchanged, seen) = app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
            assert_fails(exchanged, Failure::App(AppFault::FileChanged), "no longer");
            // 100 may not be said of it, and the server must not take it for whole.
            assert!(seen.progress.iter().all(|progress| !progress.is_complete()));
            origin.closed(0).await;
            assert_eq!(origin.requests(), [], "{announced}");
        }
    });
}

#[test]
fn f4_a_file_over_the_bound_is_refused_before_anything_is_sent() {
    run(async {
        let origin = RawOrigin::plain().script(Script::reply(OK)).start();
        let files = FileLimits {
            transfer_bytes: 1000,
            ..Policy::seed().files
        };
        let app = FilesApp::plain_with(Policy {
            files,
            ..Policy::seed()
        });
        app.write("a", &[0; 1001]);
        let (exchanged, _) = app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
        assert_fails(exchanged, Failure::App(AppFault::FileTooLarge), "1000");
        assert_eq!(origin.connections(), 0);
        app.write("a", &[0; 1000]);
        let (exchanged, _) = app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn f2_an_app_without_files_can_upload_none() {
    run(async {
        let app = FilesApp::plain().without_files();
        let (exchanged, _) = app.upload("http://127.0.0.1:1/", "wxfile://usr/a").await;
        assert_fails(
            exchanged,
            Failure::App(AppFault::FilePermissionDenied),
            "gives this app no files",
        );
    });
}

#[test]
fn u6_a_redirect_that_keeps_the_body_reads_the_file_again_from_its_start() {
    run(async {
        for status in [307, 308] {
            let redirect =
                format!("HTTP/1.1 {status} X\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
            let script = Script::reply(redirect).read_request().send(OK);
            let origin = RawOrigin::plain().script(script).start();
            let app = FilesApp::plain();
            app.write("a.txt", &content(200_000));
            let (exchanged, seen) = app
                .upload(&url(&origin, "/here"), "wxfile://usr/a.txt")
                .await;
            assert_eq!(text(exchanged), "ok");
            let again = origin.request(1).await;
            assert_eq!(
                (again.method.as_str(), again.target.as_str()),
                ("POST", "/there")
            );
            assert_eq!(file_in(&again.body), content(200_000));
            seen.assert_complete(again.body.len() as u64);
        }
    });
}

#[test]
fn u6_other_redirects_turn_an_upload_into_a_get_without_a_form() {
    run(async {
        for status in [301, 302, 303] {
            let redirect =
                format!("HTTP/1.1 {status} X\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
            let script = Script::reply(redirect).read_request().send(OK);
            let origin = RawOrigin::plain().script(script).start();
            let app = FilesApp::plain();
            app.write("a.txt", b"x");
            let (exchanged, _) = app
                .upload(&url(&origin, "/here"), "wxfile://usr/a.txt")
                .await;
            assert_eq!(text(exchanged), "ok");
            let again = origin.request(1).await;
            assert_eq!(again.method, "GET");
            assert_eq!((again.body.len(), again.header("content-type")), (0, None));
        }
    });
}

#[test]
fn an_answer_that_comes_before_the_form_is_through_is_delivered() {
    run(async {
        let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch";
        let script = Script::new().read_head().send(refusal).wait(&Gate::new());
        let origin = RawOrigin::plain().script(script).start();
        let app = FilesApp::plain();
        app.write("a", &content(50_000_000));
        let (exchanged, seen) = app.upload(&url(&origin, "/"), "wxfile://usr/a").await;
        let answer = answer(exchanged);
        assert_eq!(answer.head.status, 413);
        assert!(seen.progress.iter().all(|progress| !progress.is_complete()));
    });
}

#[test]
fn c4_an_upload_that_is_given_up_closes_its_connection_and_its_file() {
    run(async {
        let origin = RawOrigin::plain().script(Script::new().read_head()).start();
        let app = FilesApp::plain();
        app.write("a", &content(50_000_000));
        let address = url(&origin, "/");
        let open_before = open_files(&app.user("a"));
        {
            let upload = std::pin::pin!(app.upload(&address, "wxfile://usr/a"));
            let accepted = std::pin::pin!(origin.accepted(0));
            futures_util::future::select(upload, accepted).await;
        }
        origin.closed(0).await;
        app.settled().await;
        assert_eq!(open_files(&app.user("a")), open_before);
    });
}

/// How many descriptors of this process are this file; 0 where nobody can tell.
fn open_files(path: &std::path::Path) -> usize {
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else {
        return 0;
    };
    let links = descriptors.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
    links.filter(|link| link == path).count()
}

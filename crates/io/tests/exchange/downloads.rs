//! Bodies that go to a file (F3–F5).

use appnet_policy::failure::{AppFault, HostFault, NetworkFault};
use std::{fs, io, sync::Arc};

use appnet_io::{FileSandbox, files::FileError};
use appnet_policy::{
    Failure, Policy,
    exchange::{Progress, ReceivedBody},
    files::FileName,
    preset::FileLimits,
};
use appnet_testkit::{Ca, Gate, HttpOrigin, RawOrigin, Reply, Script, http::filler};
use futures_util::future::{self, Either};

use crate::{
    files::{FilesApp, Odd},
    support::{HOST, assert_fails, run, text, url},
};

fn user(name: &str) -> FileName {
    FileName::User(name.split('/').map(str::to_owned).collect())
}

fn small(change: impl FnOnce(&mut FileLimits)) -> FilesApp {
    let mut policy = Policy::seed();
    change(&mut policy.files);
    FilesApp::plain_with(policy)
}

#[test]
fn f3_a_download_is_a_temporary_file_named_by_its_type() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|request| match request.path() {
                "/typed" => Reply::ok("image/png", "png"),
                "/a.tar.gz" => Reply::ok("application/octet-stream", "tar"),
                _ => Reply::status(404).body("not here"),
            })
            .unwrap();
        let app = FilesApp::plain();
        for (path, extension, body) in [
            ("/typed", Some("png"), "png"),
            ("/a.tar.gz", Some("gz"), "tar"),
            ("/none", None, "not here"), // any status is success and its body the file
        ] {
            let address = format!("http://{}{path}", origin.address());
            let (name, content) = app.downloaded(&address, None).await;
            let FileName::Temporary(name) = name else {
                panic!("{name:?}")
            };
            assert!(name.starts_with("tmp_") && name.len() >= 4 + 32, "{name}");
            assert_eq!(name.split_once('.').map(|(_, end)| end), extension);
            assert_eq!(content, body.as_bytes());
            assert!(app.everything().contains(&format!("tmp/{name}")));
        }
    });
}

#[test]
fn f3_nothing_is_visible_under_the_target_name_before_the_file_is_whole_and_kept() {
    run(async {
        let gate = Gate::new();
        let script = Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nnew")
            .wait(&gate)
            .send("est");
        let origin = RawOrigin::plain().script(script).start();
        let app = small(|files| files.progress_interval = std::time::Duration::ZERO);
        app.write("a", b"old");
        let address = url(&origin, "/");
        let read = || fs::read(app.user("a")).unwrap();
        let half = async {
            app.written().await;
            assert_eq!(read(), b"old");
            gate.open();
        };
        let ((mut exchanged, _), ()) =
            tokio::join!(app.download(&address, Some("wxfile://usr/a")), half);
        assert_eq!(
            exchanged.outcome.as_ref().unwrap().body,
            ReceivedBody::File(user("a"))
        );
        assert_eq!(read(), b"old");
        exchanged.file.take().unwrap().keep().unwrap();
        assert_eq!(read(), b"newest");
        assert_eq!(app.everything(), ["usr/a"]);
    });
}

#[test]
fn f3_a_file_that_is_not_kept_leaves_what_was_there() {
    run(async {
        let origin = HttpOrigin::plain().start(|_| Reply::text("new")).unwrap();
        let app = FilesApp::plain();
        app.write("a", b"old");
        let address = format!("http://{}/", origin.address());
        for to in [Some("wxfile://usr/a"), None] {
            let (exchanged, _) = app.download(&address, to).await;
            assert!(exchanged.outcome.is_ok());
            drop(exchanged);
            app.settled().await;
            assert_eq!(app.everything(), ["usr/a"]);
            assert_eq!(fs::read(app.user("a")).unwrap(), b"old");
        }
    });
}

#[test]
fn f5_progress_grows_to_the_announced_length() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|_| Reply::status(200).filler(1_000_000))
            .unwrap();
        let app = FilesApp::plain();
        let address = format!("http://{}/", origin.address());
        let (exchanged, seen) = app.download(&address, None).await;
        assert!(exchanged.outcome.is_ok());
        seen.assert_complete(1_000_000);
    });
}

#[test]
fn f5_an_empty_file_is_complete_at_once() {
    run(async {
        let origin = HttpOrigin::plain().start(|_| Reply::text("")).unwrap();
        let app = FilesApp::plain();
        let address = format!("http://{}/", origin.address());
        let (exchanged, seen) = app.download(&address, None).await;
        assert!(exchanged.outcome.is_ok());
        seen.assert_complete(0);
        assert_eq!(
            app.downloaded(&address, Some("wxfile://usr/empty")).await.1,
            b""
        );
    });
}

#[test]
fn f3_what_is_written_is_the_decoded_body_whose_length_nobody_knows() {
    run(async {
        let plain = filler::bytes(1_000_000);
        let mut coded = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut coded, flate2::Compression::fast());
        io::Write::write_all(&mut encoder, &plain).unwrap();
        encoder.finish().unwrap();
        let origin = HttpOrigin::plain()
            .start(move |_| {
                Reply::ok("text/plain", coded.clone()).header("content-encoding", "gzip")
            })
            .unwrap();
        let app = FilesApp::plain();
        let address = format!("http://{}/", origin.address());
        let (exchanged, seen) = app.download(&address, None).await;
        assert!(exchanged.outcome.is_ok());
        assert!(
            seen.progress
                .iter()
                .all(|progress| progress.total.is_none())
        );
        assert_eq!(app.downloaded(&address, None).await.1, plain);
    });
}

#[test]
fn f3_a_download_goes_over_http2_too() {
    run(async {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http2())
            .start(|_| Reply::status(200).filler(5_000_000))
            .unwrap();
        let app = FilesApp::tls(&ca, origin.port());
        let mut call = app.download_call(&format!("https://{HOST}/"), Some("wxfile://usr/a"));
        call.request.http2 = true;
        let (mut exchanged, seen) = app.run(call).await;
        exchanged.file.take().unwrap().keep().unwrap();
        assert_eq!(exchanged.profile.protocol, Some("h2"));
        seen.assert_complete(5_000_000);
        assert_eq!(fs::read(app.user("a")).unwrap(), filler::bytes(5_000_000));
    });
}

#[test]
fn f4_a_length_over_the_bound_is_refused_at_the_headers() {
    run(async {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n";
        let origin = RawOrigin::plain().script(Script::reply(head)).start();
        let app = FilesApp::plain();
        let (exchanged, seen) = app.download(&url(&origin, "/"), None).await;
        assert_fails(exchanged, Failure::App(AppFault::FileTooLarge), "209715200");
        assert_eq!(seen.progress, []);
        origin.closed(0).await;
        app.settled().await;
        assert_eq!(app.everything(), [""; 0]);
    });
}

#[test]
fn f4_a_body_over_the_bound_is_refused_while_it_is_written() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|request| {
                let length = request.path()[1..].parse().unwrap();
                Reply::status(200).filler(length).chunked()
            })
            .unwrap();
        let app = small(|files| files.transfer_bytes = 200_000);
        let address = |length: u32| format!("http://{}/{length}", origin.address());
        let (exchanged, _) = app.download(&address(200_001), None).await;
        assert_fails(exchanged, Failure::App(AppFault::FileTooLarge), "200000");
        app.settled().await;
        assert_eq!(app.everything(), [""; 0]);
        assert_eq!(
            app.downloaded(&address(200_000), None).await.1.len(),
            200_000
        );
    });
}

#[test]
fn f4_a_file_over_the_apps_quota_is_refused_and_gone() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|request| match request.path() {
                "/announced" => Reply::status(200).filler(600),
                _ => Reply::status(200).filler(600).chunked(),
            })
            .unwrap();
        let app = small(|files| (files.user_bytes, files.temporary_bytes) = (1000, 500));
        app.write("there", &[0; 500]);
        for path in ["/announced", "/not"] {
            for to in [None, Some("wxfile://usr/a")] {
                let address = format!("http://{}{path}", origin.address());
                let (exchanged, _) = app.download(&address, to).await;
                assert_fails(exchanged, Failure::App(AppFault::FileTooLarge), "quota");
                app.settled().await;
                assert_eq!(app.everything(), ["usr/there"]);
            }
        }
    });
}

#[test]
fn i3_a_download_under_way_and_what_the_app_writes_share_the_quota() {
    run(async {
        let gate = Gate::new();
        let script = Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\nfirst")
            .wait(&gate)
            .send("x".repeat(595));
        let origin = RawOrigin::plain().script(script).start();
        let app = small(|files| {
            files.progress_interval = std::time::Duration::ZERO;
            files.user_bytes = 1000;
        });
        let address = url(&origin, "/");
        let download = std::pin::pin!(app.downloaded(&address, Some("wxfile://usr/a")));
        let written = std::pin::pin!(app.written());
        let Either::Right(((), download)) = future::select(download, written).await else {
            panic!("over before the gate opened")
        };
        // The length is announced: 600 of the 1,000 bytes are taken, though 5 are there.
        let over = Err(FileError::OverQuota(1000));
        assert_eq!(app.sandbox.write(&user("b"), &[0; 401]), over);
        app.sandbox.write(&user("b"), &[0; 400]).unwrap();
        gate.open();
        assert_eq!(download.await.1.len(), 600);
        assert_eq!(app.sandbox.append(&user("b"), b"1"), over);
    });
}

#[test]
fn i3_a_download_that_would_be_one_entry_too_many_is_not_begun() {
    run(async {
        let origin = RawOrigin::plain().start();
        let app = small(|files| files.entries = 1);
        app.write("there", b"");
        let address = url(&origin, "/");
        for to in [None, Some("wxfile://usr/a")] {
            let (exchanged, _) = app.download(&address, to).await;
            assert_fails(
                exchanged,
                Failure::Host(HostFault::FileNotSaved),
                "1 files and directories",
            );
        }
        assert_eq!(
            (origin.connections(), app.everything()),
            (0, vec!["usr/there".to_owned()])
        );
    });
}

#[test]
fn f3_a_body_that_breaks_off_leaves_no_file() {
    run(async {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
        for script in [
            Script::reply(half).close(),
            Script::reply(half).reset(),
            Script::reply(chunked).close(),
            Script::reply(chunked).reset(),
        ] {
            let origin = RawOrigin::plain().script(script).start();
            let app = FilesApp::plain();
            let (exchanged, seen) = app
                .download(&url(&origin, "/"), Some("wxfile://usr/a"))
                .await;
            assert_fails(
                exchanged,
                Failure::Network(NetworkFault::ConnectionReset),
                "",
            );
            assert!(seen.progress.iter().all(|progress| !progress.is_complete()));
            app.settled().await;
            assert_eq!(app.everything(), [""; 0]);
        }
    });
}

#[test]
fn f3_more_than_was_announced_is_not_part_of_the_file() {
    run(async {
        let more = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour and more";
        let origin = RawOrigin::plain().script(Script::reply(more)).start();
        let app = FilesApp::plain();
        let (_, content) = app.downloaded(&url(&origin, "/"), None).await;
        assert_eq!(content, b"four");
    });
}

#[test]
fn f4_a_disk_that_is_full_is_told_as_that() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|_| Reply::status(200).filler(1_000_000))
            .unwrap();
        let app = FilesApp::plain().with_files(Arc::new(Odd::disk(500_000)));
        let address = format!("http://{}/", origin.address());
        let (exchanged, seen) = app.download(&address, None).await;
        assert_fails(
            exchanged,
            Failure::Host(HostFault::FileNotSaved),
            "cannot be written",
        );
        assert!(
            seen.progress
                .iter()
                .all(|progress| progress.done <= 500_000)
        );
        origin.until(|counts| counts.open == 0).await;
    });
}

#[test]
fn f4_a_directory_that_is_missing_or_goes_is_told_as_that() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            ))
            .start();
        let app = FilesApp::plain();
        let target = Some("wxfile://usr/directory/a");
        let (exchanged, _) = app.download(&url(&origin, "/"), target).await;
        assert_fails(
            exchanged,
            Failure::Host(HostFault::FileNotSaved),
            "no such file or directory",
        );
        assert_eq!(origin.connections(), 0);
        app.sandbox.mkdir(&user("directory"), false).unwrap();
        let (mut exchanged, _) = app.download(&url(&origin, "/"), target).await;
        app.sandbox.rmdir(&user("directory"), false).unwrap();
        let error = exchanged.file.take().unwrap().keep().unwrap_err();
        assert_eq!(error.failure, Failure::Host(HostFault::FileNotSaved));
        assert_eq!(app.everything(), [""; 0]);
    });
}

#[cfg(unix)]
#[test]
fn f2_a_download_goes_nowhere_outside_and_replaces_no_directory() {
    run(async {
        use std::os::unix::fs::symlink;
        let origin = RawOrigin::plain().start();
        let app = FilesApp::plain();
        let outside = tempfile::tempdir().unwrap();
        app.sandbox.mkdir(&user("directory"), false).unwrap();
        app.write("file", b"");
        symlink(outside.path(), app.user("out")).unwrap();
        symlink(outside.path().join("a"), app.user("link")).unwrap();
        for file in ["directory", "file/below", "out/a", "link"] {
            let target = format!("wxfile://usr/{file}");
            let (exchanged, _) = app.download(&url(&origin, "/"), Some(&target)).await;
            assert_fails(
                exchanged,
                Failure::App(AppFault::FilePermissionDenied),
                "cannot be written",
            );
        }
        assert_eq!(origin.connections(), 0);
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    });
}

#[test]
fn f4_an_app_without_files_can_download_none() {
    run(async {
        let app = FilesApp::plain().without_files();
        let (exchanged, _) = app.download("http://127.0.0.1:1/", None).await;
        assert_fails(
            exchanged,
            Failure::Host(HostFault::FileNotSaved),
            "gives this app no files",
        );
    });
}

#[test]
fn c4_a_download_that_is_given_up_leaves_no_file() {
    run(async {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        let origin = RawOrigin::plain().script(Script::reply(half)).start();
        let app = small(|files| files.progress_interval = std::time::Duration::ZERO);
        let address = url(&origin, "/");
        {
            let download = std::pin::pin!(app.download(&address, None));
            let written = std::pin::pin!(app.written());
            future::select(download, written).await;
        }
        origin.closed(0).await;
        app.settled().await;
        assert_eq!(app.everything(), [""; 0]);
    });
}

#[test]
fn f3_a_downloaded_temporary_file_can_be_uploaded_as_it_is() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|request| match request.method {
                "GET" => Reply::ok("image/png", "png"),
                _ => Reply::text(request.body.to_vec()),
            })
            .unwrap();
        let app = FilesApp::plain();
        let address = format!("http://{}/", origin.address());
        let (name, _) = app.downloaded(&address, None).await;
        let (exchanged, _) = app.upload(&address, &name.to_string()).await;
        let echo = text(exchanged);
        assert!(
            echo.contains(&format!("filename=\"{}\"", name.last_part())),
            "{echo}"
        );
        assert!(
            echo.contains("Content-Type: image/png\r\n\r\npng\r\n"),
            "{echo}"
        );
        app.sandbox.remove_temporaries();
        assert_eq!(app.everything(), [""; 0]);
    });
}

#[test]
fn f5_a_slow_file_is_told_of_as_it_comes() {
    run(async {
        let gate = Gate::new();
        let script = Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
            .wait(&gate)
            .send("def");
        let origin = RawOrigin::plain().script(script).start();
        let app = small(|files| files.progress_interval = std::time::Duration::ZERO);
        let mut opens = Opens(gate);
        let call = app.download_call(&url(&origin, "/"), None);
        let exchanged = app
            .app
            .client
            .exchange(call.request, call.receive, &mut opens)
            .await;
        assert!(exchanged.outcome.is_ok());
    });
}

/// Opens its gate when three bytes are written.
struct Opens(Gate);

impl appnet_io::Listener for Opens {
    fn progress(&mut self, progress: Progress) {
        if progress.done == 3 {
            self.0.open();
        }
    }
}

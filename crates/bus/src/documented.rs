//! What `docs/bus.md` says is what the bus does: each example, table row and text in it is tried.

use appnet_core::{Event, SocketAsk, TaskEvent, TaskId};
use appnet_policy::{Api, Failure};
use serde_json::value::RawValue;

use crate::{Command, CommandKind, Malformed, Message, command, event, options, samples};

const DOCUMENT: &str = include_str!("../../../docs/bus.md");

const REQUEST: &str = "Options of `request`";

/// The text under a heading, to the next one.
fn section(heading: &str) -> &'static str {
    let sections = DOCUMENT.split("\n## ");
    sections
        .filter_map(|section| section.split_once('\n'))
        .find(|(title, _)| *title == heading)
        .map(|(_, text)| text)
        .expect(heading)
}

/// The JSON values of a section's fenced blocks, without the white space between their parts.
fn examples(heading: &str) -> Vec<String> {
    let blocks = section(heading).split("```json\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks
        .flat_map(|block| {
            let values = serde_json::Deserializer::from_str(block).into_iter::<&RawValue>();
            values.map(|value| compact(value.expect(block).get()))
        })
        .collect()
}

fn compact(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let kept = json.chars().filter(|&c| {
        in_string ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        in_string || !c.is_ascii_whitespace()
    });
    kept.collect()
}

/// The cells of a section's table rows, where the first line of a table has the title `first`. Back quotes are taken away.
fn table(heading: &str, first: &str) -> Vec<Vec<String>> {
    let head = format!("| {first} |");
    let lines = section(heading).lines();
    let rows = lines.skip_while(|line| !line.starts_with(&head)).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().replace('`', "")).collect()
        })
        .collect()
}

fn api_of_call(json: &str) -> Api {
    match read(json) {
        Ok(Command {
            what: CommandKind::Call(call),
            ..
        }) => call.api(),
        other => panic!("{json}: {other:?}"),
    }
}

fn asked(json: &str) -> SocketAsk {
    match read(json) {
        Ok(Command {
            what: CommandKind::Ask { what, .. },
            ..
        }) => what,
        other => panic!("{json}: {other:?}"),
    }
}

fn read(json: &str) -> Result<Command, Malformed> {
    command::read(&Message::from(json))
}

/// The events that answer a message by themselves: of a call with wrong options, or of no command.
fn answer(json: &str) -> Option<String> {
    match read(json) {
        Ok(Command { task, what }) => refused(task, what).map(|event| event::write(&event).json),
        Err(malformed) => Some(event::write_error(&malformed).json),
    }
}

/// The event that answers a command by itself.
fn refused(task: TaskId, what: CommandKind) -> Option<Event> {
    match what {
        CommandKind::Unreadable { api, refusal } => {
            let failure = refusal.failure;
            let what = TaskEvent::Fail {
                api,
                failure,
                exception: None,
                http_dns: false,
            };
            Some(Event { task, what })
        }
        CommandKind::Ask { ask, what } => {
            let verb = what.verb();
            let failure = match what {
                SocketAsk::Send(asked) => asked.err(),
                SocketAsk::Close(asked) => asked.err(),
            };
            failure.map(|failure| Event::not_done(task, ask, verb, failure))
        }
        CommandKind::Call(_) | CommandKind::Query(_) | CommandKind::Abort => None,
    }
}

#[test]
fn no_example_stands_where_no_test_looks() {
    let tried = [
        "Commands",
        REQUEST,
        "Options of `uploadFile`",
        "Options of `connectSocket`",
        "Events",
        "Sockets",
        "Profile",
        "The device's network",
        "Messages that are not accepted",
    ]
    .map(|heading| section(heading).matches("```json").count());
    assert_eq!(
        tried.iter().sum::<usize>(),
        DOCUMENT.matches("```json").count()
    );
    assert!(tried.iter().all(|&count| count > 0));
}

#[test]
fn the_commands_are_commands() {
    let commands = examples("Commands");
    let (calls, rest) = commands.split_at(Api::ALL.len());
    let apis: Vec<_> = calls.iter().map(|call| api_of_call(call)).collect();
    assert_eq!(apis, Api::ALL);
    let [send, close, abort, wrong @ ..] = rest else {
        panic!("{rest:?}");
    };
    assert!(matches!(asked(send), SocketAsk::Send(Ok(_))));
    assert!(matches!(asked(close), SocketAsk::Close(Ok(_))));
    assert!(matches!(
        read(abort),
        Ok(Command {
            what: CommandKind::Abort,
            ..
        })
    ));
    for pair in wrong.chunks(2) {
        assert_eq!(answer(&pair[0]).as_ref(), pair.get(1));
    }
}

#[test]
fn the_events_are_what_is_written() {
    let mut events = samples::events();
    events.push(samples::profiled(samples::whole_profile()));
    let written: Vec<_> = events
        .iter()
        .map(|event| event::write(event).json)
        .collect();
    let documented = ["Events", "Sockets", "Profile"].map(examples).concat();
    assert_eq!(documented, written);
}

#[test]
fn the_questions_about_the_network_are_followed_by_their_answers_and_then_comes_the_news() {
    let found = examples("The device's network");
    let (pairs, news) = found.split_at(6);
    let answers = samples::answers();
    for (pair, sample) in pairs.chunks(2).zip(&answers) {
        let Ok(Command {
            task,
            what: CommandKind::Query(_),
        }) = read(&pair[0])
        else {
            panic!("{}", pair[0]);
        };
        assert_eq!(pair[1], event::write_answer(task, sample).json);
    }
    let written = samples::news().map(|news| event::write_news(news).json);
    assert_eq!(news, written);
}

#[test]
fn a_message_is_followed_by_its_answer() {
    for heading in [
        REQUEST,
        "Options of `uploadFile`",
        "Options of `connectSocket`",
        "Messages that are not accepted",
    ] {
        for pair in examples(heading).chunks(2) {
            let [sent, answered] = pair else {
                panic!("{pair:?} has no answer");
            };
            assert_eq!(answer(sent).as_ref(), Some(answered));
        }
    }
}

/// Options of an API that are documented, each tried to be of the type that it is said to have.
fn documented_options(api: Api) -> Vec<String> {
    let required = match api {
        Api::Request | Api::DownloadFile | Api::ConnectSocket => r#""url":"""#,
        Api::UploadFile => r#""url":"","filePath":"","name":"""#,
    };
    let mut documented = Vec::new();
    for row in table(&format!("Options of `{api}`"), "option") {
        for name in row[0].split(", ") {
            let json = format!(
                r#"{{"type":"call","task":1,"api":"{api}","options":{{{required},"{name}":{{"$type":"Date"}}}}}}"#
            );
            let heard = answer(&json).unwrap_or_else(|| "Number".to_owned()); // T1: no wrong timeout is a mistake
            assert!(heard.contains(&row[1]), "{name}: {heard}");
            documented.push(name.to_owned());
        }
    }
    documented.sort_unstable();
    documented
}

#[test]
fn the_tables_of_options_have_each_option_with_its_type() {
    for (api, options) in [
        (Api::Request, options::REQUEST.as_slice()),
        (Api::UploadFile, options::UPLOAD.as_slice()),
        (Api::DownloadFile, options::DOWNLOAD.as_slice()),
        (Api::ConnectSocket, options::SOCKET.as_slice()),
    ] {
        let mut options = options.to_vec();
        options.sort_unstable();
        assert_eq!(documented_options(api), options, "{api}");
    }
}

#[test]
fn the_forms_of_data_are_read() {
    let forms = table(REQUEST, "field");
    assert_eq!(forms.len(), 4);
    for row in forms {
        let json = format!(
            r#"{{"type":"call","task":1,"api":"request","options":{{"url":"","data":{}}}}}"#,
            row[0]
        );
        let message = Message {
            json,
            attachments: vec![bytes::Bytes::new()],
        };
        assert!(
            matches!(
                command::read(&message),
                Ok(Command {
                    what: CommandKind::Call(_),
                    ..
                })
            ),
            "{}",
            row[0]
        );
    }
}

#[test]
fn the_table_of_errors_is_the_one_table() {
    let documented: Vec<_> = table("Errors", "text")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].parse().ok()))
        .collect();
    let mut table: Vec<_> = Failure::one_of_each()
        .iter()
        .map(Failure::text_and_errno)
        .map(|(text, errno)| (text.into_owned(), errno))
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    table.retain(|row| seen.insert(row.clone())); // a bound has one row, whichever it is
    assert_eq!(documented, table);
}

#[test]
fn the_answers_to_malformed_messages_are_those() {
    let whole = table("Messages that are not accepted", "sent").into_iter();
    let options = table("Messages that are not accepted", "`options`").into_iter();
    let call = |options: &str| {
        format!(r#"{{"type":"call","task":1,"api":"request","options":{options}}}"#)
    };
    let rows: Vec<_> = whole
        .map(|row| (row[0].clone(), row))
        .chain(options.map(|row| (call(&row[0]), row)))
        .collect();
    assert_eq!(rows.len(), 17);
    for (sent, row) in rows {
        let malformed = read(&sent).expect_err(&sent);
        assert_eq!(malformed.field, row[1], "{sent}");
        assert_eq!(malformed.to_string(), row[2], "{sent}");
    }
}

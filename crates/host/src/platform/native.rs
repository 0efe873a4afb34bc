//! The functions that `platform/js` calls: each does one thing to the world.

use std::{
    fmt::Display,
    io,
    rc::Rc,
    time::{SystemTime, UNIX_EPOCH},
};

use appnet::files::FileError;
use appnet_js::{
    bytes_of,
    rquickjs::{
        ArrayBuffer, Ctx, Error, Exception, Function, IntoJs as _, Object, Result, convert::List,
        function::IntoJsFunc,
    },
    to_buffer,
};
use appnet_platform::{Told, join, told};
use appnet_policy::connectivity::{Connectivity, NetworkType};

use crate::{
    connectivity,
    ending::{Ending, print_line},
    load,
    platform::Surroundings,
    wxml,
};

/// All of them, as one object.
pub(super) fn functions<'js>(ctx: &Ctx<'js>, around: &Rc<Surroundings>) -> Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    host(&native, around)?;
    outside(&native, around)?;
    modules(&native, around)?;
    pages(&native, around)?;
    storage(&native, around)?;
    reading(&native, around)?;
    writing(&native, around)?;
    texts(&native)?;
    Ok(native)
}

// A closure holds `around`, which holds no value of the engine: a cycle through Rust would never be freed.
fn put<'js, P, F: IntoJsFunc<'js, P> + 'js>(native: &Object<'js>, name: &str, f: F) -> Result<()> {
    native.set(name, Function::new(native.ctx().clone(), f)?)
}

/// An error of ours as one that the program can catch.
fn or_throw<T>(ctx: &Ctx<'_>, result: std::result::Result<T, impl Display>) -> Result<T> {
    result.map_err(|error| Exception::throw_message(ctx, &error.to_string()))
}

fn host<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    let here = Rc::clone(around);
    put(
        native,
        "enterBackground",
        move |ctx: Ctx<'js>, pinned: bool| {
            or_throw(
                &ctx,
                here.network
                    .enter_background(&here.identity.app_id, pinned.into()),
            )
        },
    )?;
    let here = Rc::clone(around);
    put(native, "enterForeground", move |ctx: Ctx<'js>| {
        or_throw(&ctx, here.network.enter_foreground(&here.identity.app_id))
    })?;
    let here = Rc::clone(around);
    put(
        native,
        "setNetwork",
        move |ctx: Ctx<'js>, word: String, strength: Option<i32>, weak: Option<bool>| {
            let network_type = or_throw(&ctx, network_type(&word))?;
            here.network.set_connectivity(Connectivity {
                network_type,
                signal_strength: strength,
                weak,
                ..connectivity::of_this_machine()
            });
            Ok::<_, Error>(())
        },
    )?;
    let here = Rc::clone(around);
    put(native, "exit", move |code: f64| {
        here.stop.set(Ending::Exited(status(code)))
    })?;
    let here = Rc::clone(around);
    put(native, "listen", move |on: bool| here.listening.set(on))?;
    let here = Rc::clone(around);
    put(native, "printLine", move |line: String| {
        if let Err(error) = print_line(&line) {
            here.stop.set(unprinted(&error));
        }
    })?;
    let here = Rc::clone(around);
    put(native, "now", move || {
        here.started.elapsed().as_secs_f64() * 1000.0
    })
}

fn network_type(word: &str) -> std::result::Result<NetworkType, String> {
    let known = || NetworkType::ALL.map(NetworkType::as_str).join(", ");
    NetworkType::parse(word).ok_or_else(|| {
        format!(
            "networkType should be one of {} instead of {word:?}",
            known()
        )
    })
}

/// As `head` does it: who has read enough closes the pipe, and the program has nobody left to print for.
fn unprinted(error: &io::Error) -> Ending {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ending::Unread;
    }
    Ending::Failed(format!("appnet: cannot write to standard output: {error}"))
}

/// An exit status has eight bits; what is no number is an error.
fn status(code: f64) -> u8 {
    if code.is_finite() {
        (code as i64 & 0xff) as u8
    } else {
        1
    }
}

/// The machine that the program runs on, as far as flags allow it.
fn outside<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    let here = Rc::clone(around);
    put(native, "environment", move |ctx: Ctx<'js>, name: String| {
        or_throw(&ctx, here.permissions.variable(&name))
    })?;
    let here = Rc::clone(around);
    put(
        native,
        "readTextFile",
        move |ctx: Ctx<'js>, path: String| or_throw(&ctx, here.permissions.read_text(&path)),
    )?;
    let here = Rc::clone(around);
    put(
        native,
        "writeTextFile",
        move |ctx: Ctx<'js>, path: String, text: String| {
            or_throw(&ctx, here.permissions.write_text(&path, &text))
        },
    )
}

fn modules<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    let here = Rc::clone(around);
    put(
        native,
        "resolveModule",
        move |ctx: Ctx<'js>, from: String, name: String| {
            or_throw(&ctx, here.modules.resolve(&from, &name))
        },
    )?;
    let here = Rc::clone(around);
    put(native, "readModule", move |ctx: Ctx<'js>, file: String| {
        or_throw(&ctx, here.modules.read(&file))
    })?;
    let here = Rc::clone(around);
    put(native, "shownModule", move |file: String| {
        here.modules.shown(&file)
    })?;
    let here = Rc::clone(around);
    put(
        native,
        "compileModule",
        move |ctx: Ctx<'js>, file: String| load::function(&ctx, &here.modules, &file).map(List),
    )
}

fn pages<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    put(native, "note", |level: String, text: String| {
        match level.as_str() {
            "warn" => tracing::warn!("{text}"),
            "info" => tracing::info!("{text}"),
            _ => tracing::debug!("{text}"),
        }
    })?;
    put(native, "joined", |folder: String, path: String| {
        let joined = join(&folder, &path).unwrap_or(path);
        joined.trim_start_matches('/').to_owned()
    })?;
    let here = Rc::clone(around);
    put(native, "codeOf", move |path: String| {
        here.modules.code_of(&path)
    })?;
    let here = Rc::clone(around);
    put(native, "readBeside", move |path: String, ending: String| {
        let file = format!("/{path}{ending}");
        here.modules
            .has(&file)
            .then(|| here.modules.read(&file).ok())
            .flatten()
    })?;
    let here = Rc::clone(around);
    put(native, "tagBeside", move |path: String, tag: String| {
        let wxml = here.modules.read(&format!("/{path}.wxml")).ok()?;
        let attributes = wxml::attributes(&wxml, &tag)?;
        Some(serde_json::json!(attributes).to_string())
    })?;
    let here = Rc::clone(around);
    put(
        native,
        "componentAt",
        move |folder: String, name: String| {
            let name = if name.starts_with(['.', '/']) {
                name
            } else {
                here.modules
                    .resolve(&folder, &name)
                    .unwrap_or_else(|_| format!("./{name}"))
            };
            let file = here.modules.resolve(&folder, &name).ok()?;
            let path = file
                .strip_suffix(".js")
                .or_else(|| file.strip_suffix(".ts"))?;
            Some(path.trim_start_matches('/').to_owned())
        },
    )
}

fn storage<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    let here = Rc::clone(around);
    put(native, "storageGet", move |key: String| {
        here.storage.borrow().get(&key).map(str::to_owned)
    })?;
    let here = Rc::clone(around);
    put(
        native,
        "storageSet",
        move |ctx: Ctx<'js>, key: String, value: String| {
            or_throw(&ctx, here.storage.borrow_mut().set(&key, value))
        },
    )?;
    let here = Rc::clone(around);
    put(
        native,
        "storageRemove",
        move |ctx: Ctx<'js>, key: String| or_throw(&ctx, here.storage.borrow_mut().remove(&key)),
    )?;
    let here = Rc::clone(around);
    put(native, "storageClear", move |ctx: Ctx<'js>| {
        or_throw(&ctx, here.storage.borrow_mut().clear())
    })?;
    let here = Rc::clone(around);
    put(native, "storageInfo", move || {
        let info = here.storage.borrow().info();
        List((info.keys, info.bytes as f64, info.limit as f64))
    })
}

/// An error of a file as the platform tells it: thrown as a list of its words and its `errno`, which no prototype of the program can change.
fn or_told<T>(ctx: &Ctx<'_>, result: std::result::Result<T, FileError>) -> Result<T> {
    match result.map_err(|error| told(&error)) {
        Ok(value) => Ok(value),
        Err(Told { text, errno, .. }) => Err(ctx.throw(List((text, errno)).into_js(ctx)?)),
    }
}

/// A place or a number of bytes.
fn whole(number: f64) -> std::result::Result<u64, FileError> {
    const LARGEST: f64 = (1_u64 << 53) as f64 - 1.0;
    if number.fract() == 0.0 && (0.0..=LARGEST).contains(&number) {
        Ok(number as u64)
    } else {
        Err(FileError::Invalid("it should be a whole number"))
    }
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn reading<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    let here = Rc::clone(around);
    put(
        native,
        "readFile",
        move |ctx: Ctx<'js>, path: String, position: f64, length: f64| {
            let read = || {
                // A length of -1 is none.
                let length = (length != -1.0).then(|| whole(length)).transpose()?;
                here.files.read(&path, whole(position)?, length)
            };
            to_buffer(&ctx, or_told(&ctx, read())?.into())
        },
    )?;
    let here = Rc::clone(around);
    put(native, "readdir", move |ctx: Ctx<'js>, path: String| {
        or_told(&ctx, here.files.readdir(&path))
    })?;
    let here = Rc::clone(around);
    put(native, "statFile", move |ctx: Ctx<'js>, path: String| {
        let stats = or_told(&ctx, here.files.stat(&path))?;
        Ok::<_, Error>(List((
            stats.is_directory,
            stats.bytes as f64,
            seconds(stats.modified) as f64,
            seconds(stats.accessed) as f64,
        )))
    })
}

fn writing<'js>(native: &Object<'js>, around: &Rc<Surroundings>) -> Result<()> {
    let here = Rc::clone(around);
    put(
        native,
        "writeFile",
        move |ctx: Ctx<'js>, path: String, data: ArrayBuffer<'js>| {
            or_told(&ctx, here.files.write(&path, &bytes_of(&ctx, &data)?))
        },
    )?;
    let here = Rc::clone(around);
    put(
        native,
        "appendFile",
        move |ctx: Ctx<'js>, path: String, data: ArrayBuffer<'js>| {
            or_told(&ctx, here.files.append(&path, &bytes_of(&ctx, &data)?))
        },
    )?;
    let here = Rc::clone(around);
    put(native, "unlink", move |ctx: Ctx<'js>, path: String| {
        or_told(&ctx, here.files.unlink(&path))
    })?;
    let here = Rc::clone(around);
    put(
        native,
        "mkdir",
        move |ctx: Ctx<'js>, path: String, recursive: bool| {
            or_told(&ctx, here.files.mkdir(&path, recursive))
        },
    )?;
    let here = Rc::clone(around);
    put(
        native,
        "rmdir",
        move |ctx: Ctx<'js>, path: String, recursive: bool| {
            or_told(&ctx, here.files.rmdir(&path, recursive))
        },
    )?;
    let here = Rc::clone(around);
    put(
        native,
        "rename",
        move |ctx: Ctx<'js>, from: String, to: String| or_told(&ctx, here.files.rename(&from, &to)),
    )?;
    let here = Rc::clone(around);
    put(
        native,
        "copyFile",
        move |ctx: Ctx<'js>, from: String, to: String| or_told(&ctx, here.files.copy(&from, &to)),
    )
}

fn texts<'js>(native: &Object<'js>) -> Result<()> {
    put(native, "encodeUtf8", |ctx: Ctx<'js>, text: String| {
        to_buffer(&ctx, text.into_bytes().into())
    })?;
    put(
        native,
        "decodeUtf8",
        |ctx: Ctx<'js>, buffer: ArrayBuffer<'js>, fatal: bool| {
            let bytes = bytes_of(&ctx, &buffer)?;
            match std::str::from_utf8(&bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) if fatal => Err(Exception::throw_type(&ctx, "the bytes are not UTF-8")),
                Err(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            }
        },
    )
}

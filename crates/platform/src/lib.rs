#![doc = include_str!("../README.md")]

mod app_json;
mod config_file;
mod error;
mod files;
mod path;
mod project;
mod project_json;
mod storage;

pub use app_json::{Alias, Pages};
pub use error::ProjectError;
pub use files::{Files, Told, USER_DATA_PATH, told};
pub use path::join;
pub use project::{Overrides, Project, read_domains};
pub use project_json::NO_APP_ID;
pub use storage::{Storage, StorageError, StorageInfo};

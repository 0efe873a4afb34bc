//! More than one inspector.

use std::{fmt, sync::Arc};

use appnet::{Inspector, Sight, TaskId};
use appnet_policy::identity::AppId;

/// Shows everything to each of these, in order.
#[derive(Default)]
pub struct Each(pub Vec<Arc<dyn Inspector>>);

impl Inspector for Each {
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        for inspector in &self.0 {
            inspector.see(app, task, sight);
        }
    }
}

impl fmt::Debug for Each {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Each").field(&self.0.len()).finish()
    }
}

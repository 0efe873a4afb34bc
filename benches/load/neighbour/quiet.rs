//! The neighbour: one small call after another, and one short timeout after another.

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use appnet::{Delivery, Event, Events, Port, PortSender, TaskEvent};
use hdrhistogram::Histogram;

use crate::origin::HOST;

/// The timeout of a call that is never answered. Over HTTP/2, so that its end does not cost the neighbour a connection.
const TIMER: Duration = Duration::from_millis(25);

/// How long a window waits for the calls that began in it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The neighbour; it runs until its app is closed.
pub(crate) struct Quiet(Arc<Mutex<Arc<Window>>>);

/// What began between two moments.
pub(crate) struct Window(Mutex<Times>);

/// Microseconds.
pub(crate) struct Times {
    /// What each call took.
    pub(crate) calls: Histogram<u64>,
    /// How late each timeout was.
    pub(crate) late: Histogram<u64>,
    /// Calls that failed.
    pub(crate) failed: u64,
}

impl Quiet {
    pub(crate) fn start(port: Port) -> std::io::Result<Self> {
        let window = Arc::new(Mutex::new(Arc::new(Window::new())));
        let shared = Arc::clone(&window);
        thread::Builder::new()
            .name("neighbour".to_owned())
            .spawn(move || Calling::new(port, shared).run())?;
        Ok(Self(window))
    }

    /// Begins a new window and returns the one before, when all that began in it has ended.
    pub(crate) fn next_window(&self) -> Result<Arc<Window>, Box<dyn Error>> {
        let before = std::mem::replace(&mut *lock(&self.0), Arc::new(Window::new()));
        let began = Instant::now();
        while Arc::strong_count(&before) > 1 {
            if began.elapsed() > PATIENCE {
                return Err("the neighbour waits for ever".into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(before)
    }
}

impl Window {
    fn new() -> Self {
        let micros = || Histogram::new(3).expect("3 digits are in range");
        Self(Mutex::new(Times {
            calls: micros(),
            late: micros(),
            failed: 0,
        }))
    }

    pub(crate) fn times(&self) -> MutexGuard<'_, Times> {
        lock(&self.0)
    }
}

/// A call that has not ended.
struct Open {
    task: u64,
    began: Instant,
    window: Arc<Window>,
}

struct Calling {
    sender: PortSender,
    events: Events,
    window: Arc<Mutex<Arc<Window>>>,
    last_task: u64,
}

impl Calling {
    fn new(port: Port, window: Arc<Mutex<Arc<Window>>>) -> Self {
        let (sender, events) = port.split();
        Self {
            sender,
            events,
            window,
            last_task: 0,
        }
    }

    fn run(mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("the system gives a runtime");
        runtime.block_on(async {
            let (mut call, mut timer) = (self.call(), self.timer());
            while let Some(delivery) = self.events.next_delivery().await {
                let Some((task, failed)) = end(&delivery) else {
                    continue;
                };
                if task == call.task {
                    call.ended(failed);
                    call = self.call();
                } else if task == timer.task {
                    timer.rang();
                    timer = self.timer();
                }
            }
        });
    }

    fn call(&mut self) -> Open {
        self.open("/small", "")
    }

    fn timer(&mut self) -> Open {
        let options = format!(r#","enableHttp2":true,"timeout":{}"#, TIMER.as_millis());
        self.open("/hold", &options)
    }

    fn open(&mut self, path: &str, options: &str) -> Open {
        self.last_task += 1;
        let (task, window) = (self.last_task, Arc::clone(&lock(&self.window)));
        let began = Instant::now();
        let message = format!(
            r#"{{"type":"call","task":{task},"api":"request","options":{{"url":"https://{HOST}{path}"{options}}}}}"#
        );
        let _ = self.sender.send(message); // refused: the app is closed, and its events end
        Open {
            task,
            began,
            window,
        }
    }
}

impl Open {
    fn ended(&self, failed: bool) {
        let mut times = self.window.times();
        times.failed += u64::from(failed);
        record(&mut times.calls, self.began.elapsed());
    }

    fn rang(&self) {
        let late = self.began.elapsed().saturating_sub(TIMER);
        record(&mut self.window.times().late, late);
    }
}

fn record(micros: &mut Histogram<u64>, time: Duration) {
    let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    micros.record(time).expect("it resizes itself");
}

/// The task that this ends, and whether it failed.
fn end(delivery: &Delivery) -> Option<(u64, bool)> {
    match delivery {
        Delivery::Event(Event { task, what }) => match what {
            TaskEvent::Success(_) => Some((task.number(), false)),
            TaskEvent::Fail { .. } => Some((task.number(), true)),
            _ => None,
        },
        Delivery::Malformed(_) | Delivery::Answer { .. } | Delivery::News(_) => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

use super::*;

const LIMITS: SilenceLimits = SilenceLimits {
    ask_after: Duration::from_secs(5),
    answer_within: Duration::from_secs(10),
};

struct Time(Instant, Pulse);

impl Time {
    fn new() -> Self {
        let now = Instant::now();
        Self(now, Pulse::new(LIMITS, now))
    }

    fn at(&self, seconds: u64) -> Instant {
        self.0 + Duration::from_secs(seconds)
    }

    /// What is done, and after how many seconds, until the server is gone or this second.
    fn until(&mut self, end: u64) -> Vec<(u64, Beat)> {
        let mut beats = Vec::new();
        while let Some(due) = self.1.due().filter(|due| *due <= self.at(end)) {
            let second = due.duration_since(self.0).as_secs();
            let beat = self.1.beat(due).unwrap();
            beats.push((second, beat));
            if beat == Beat::Gone {
                break;
            }
        }
        beats
    }
}

#[test]
fn a_server_that_is_silent_is_asked_and_left() {
    let mut time = Time::new();
    assert_eq!(time.1.beat(time.at(4)), None);
    assert_eq!(time.until(60), [(5, Beat::Ask), (15, Beat::Gone)]);
}

#[test]
fn a_call_on_a_connection_that_was_quiet_asks_at_once() {
    let mut time = Time::new();
    time.1.begin();
    assert_eq!(time.1.beat(time.at(40)), Some(Beat::Ask));
    time.1.begin();
    assert_eq!(time.until(60), [(50, Beat::Gone)]);
}

#[test]
fn a_server_that_answers_is_asked_half_as_often_until_a_call_begins() {
    let mut time = Time::new();
    for second in [5, 15, 35] {
        assert_eq!(time.until(second), [(second, Beat::Ask)]);
        time.1.hear(time.at(second));
    }
    assert_eq!(time.until(60), []);
    time.1.begin();
    assert_eq!(time.until(60), [(40, Beat::Ask), (50, Beat::Gone)]);
}

#[test]
fn any_byte_is_a_sign_of_life_however_late_within_the_time() {
    let mut time = Time::new();
    assert_eq!(time.until(14), [(5, Beat::Ask)]);
    time.1.hear(time.at(14));
    assert_eq!(time.until(33), [(24, Beat::Ask)]);
    assert_eq!(time.until(60), [(34, Beat::Gone)]);
}

#[test]
fn what_was_sent_before_the_question_has_the_time_to_arrive() {
    let mut time = Time::new();
    time.1.send(20 * SLOWEST as usize);
    assert_eq!(time.until(60), [(5, Beat::Ask), (35, Beat::Gone)]);
    // What the server has answered has arrived.
    let mut time = Time::new();
    time.1.send(20 * SLOWEST as usize);
    time.1.hear(time.at(0));
    assert_eq!(time.until(60), [(5, Beat::Ask), (15, Beat::Gone)]);
}

#[test]
fn a_question_that_nobody_waits_for_any_more_is_forgotten() {
    let mut time = Time::new();
    assert_eq!(time.until(10), [(5, Beat::Ask)]);
    time.1.rest();
    time.1.begin();
    assert_eq!(time.1.beat(time.at(30)), Some(Beat::Ask));
    assert_eq!(time.until(60), [(40, Beat::Gone)]);
}

#[test]
fn limits_without_end_are_never_reached() {
    let limits = SilenceLimits {
        ask_after: Duration::MAX,
        answer_within: Duration::MAX,
    };
    let now = Instant::now();
    let mut pulse = Pulse::new(limits, now);
    assert_eq!((pulse.due(), pulse.beat(now)), (None, None));
    pulse.send(usize::MAX);
    pulse.asked = Some(now);
    assert_eq!((pulse.due(), pulse.beat(now)), (None, None));
}

//! One question of DNS and what an answer to it says (RFC 1035).

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};

use crate::connect::resolve::{ResolveError, ResolveFault, Resolved};

/// Aliases that are followed; a chain of more is a mistake or a trap.
const MOST_ALIASES: usize = 16;

/// RFC 8484 §4.1: always the same, so that caches on the way know a question again.
const ID: u16 = 0;

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// The question for a name's addresses of one family.
pub(super) struct Question(Query);

impl Question {
    /// # Errors
    /// A name that DNS cannot have has no address.
    pub(super) fn new(name: &str, family: Family) -> Result<Self, ResolveError> {
        let mut name = Name::from_ascii(name)
            .map_err(|error| ResolveError::new(ResolveFault::NoAddress, error.to_string()))?;
        name.set_fqdn(true);
        let kind = match family {
            Family::V4 => RecordType::A,
            Family::V6 => RecordType::AAAA,
        };
        Ok(Self(Query::query(name, kind)))
    }

    /// As it is sent.
    pub(super) fn to_bytes(&self) -> Result<Bytes, ResolveError> {
        let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(self.0.clone());
        let bytes = message.to_vec();
        let bytes =
            bytes.map_err(|error| ResolveError::new(ResolveFault::NoAddress, error.to_string()))?;
        Ok(bytes.into())
    }

    /// The addresses that an answer gives, and for how long it and every alias on the way holds; none at all where the name has none of this
    /// family.
    pub(super) fn read(&self, answer: &[u8]) -> Result<Resolved, ResolveError> {
        let message = Message::from_vec(answer).map_err(|error| invalid(&error.to_string()))?;
        let metadata = &message.metadata;
        if metadata.message_type != MessageType::Response || metadata.id != ID {
            return Err(invalid("no answer to the question"));
        }
        if message.queries != [self.0.clone()] {
            return Err(invalid("an answer to another question"));
        }
        if metadata.truncation {
            return Err(invalid("the answer is cut short"));
        }
        match metadata.response_code {
            ResponseCode::NoError => self.follow(&message.answers),
            ResponseCode::NXDomain => {
                let detail = "there is no such name";
                Err(ResolveError::new(ResolveFault::NoAddress, detail))
            }
            code => {
                let detail = format!("the server says {code}");
                Err(ResolveError::new(ResolveFault::Unreachable, detail))
            }
        }
    }

    fn follow(&self, records: &[Record]) -> Result<Resolved, ResolveError> {
        let (mut owner, mut ttl) = (self.0.name(), Duration::MAX);
        for _ in 0..=MOST_ALIASES {
            let own = || records.iter().filter(|record| record.name == *owner);
            let found = own().filter_map(|record| Some((self.address(record)?, holds(record))));
            let (addresses, times): (Vec<IpAddr>, Vec<Duration>) = found.unzip();
            if let Some(shortest) = times.into_iter().min() {
                let ttl = ttl.min(shortest);
                return Ok(Resolved { addresses, ttl });
            }
            let Some((next, holds)) = own().find_map(alias) else {
                return Ok(Resolved { addresses, ttl });
            };
            (owner, ttl) = (next, ttl.min(holds));
        }
        Err(invalid("a chain of aliases without end"))
    }

    fn address(&self, record: &Record) -> Option<IpAddr> {
        match &record.data {
            RData::A(address) if self.0.query_type() == RecordType::A => Some(address.0.into()),
            RData::AAAA(address) if self.0.query_type() == RecordType::AAAA => {
                Some(address.0.into())
            }
            _ => None,
        }
    }
}

fn alias(record: &Record) -> Option<(&Name, Duration)> {
    match &record.data {
        RData::CNAME(target) => Some((&target.0, holds(record))),
        _ => None,
    }
}

/// RFC 2181 §8: a time with the highest bit set is none.
fn holds(record: &Record) -> Duration {
    let seconds = i32::try_from(record.ttl).map_or(0, i32::unsigned_abs);
    Duration::from_secs(seconds.into())
}

fn invalid(detail: &str) -> ResolveError {
    ResolveError::new(ResolveFault::InvalidReply, detail)
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, AAAA, CNAME};
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        let mut name = Name::from_ascii(text).unwrap();
        name.set_fqdn(true);
        name
    }

    fn v4(owner: &str, ttl: u32, last: u8) -> Record {
        let data = RData::A(A([192, 0, 2, last].into()));
        Record::from_rdata(name(owner), ttl, data)
    }

    fn cname(owner: &str, ttl: u32, target: &str) -> Record {
        Record::from_rdata(name(owner), ttl, RData::CNAME(CNAME(name(target))))
    }

    fn answer(records: &[Record], change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::response(ID, OpCode::Query);
        message.add_query(Query::query(name("a.test"), RecordType::A));
        message.add_answers(records.iter().cloned());
        change(&mut message);
        message.to_vec().unwrap()
    }

    fn read(records: &[Record]) -> Result<Resolved, ResolveError> {
        let question = Question::new("a.test", Family::V4).unwrap();
        question.read(&answer(records, |_| {}))
    }

    fn resolved(last: &[u8], seconds: u64) -> Resolved {
        let addresses = last.iter().map(|last| [192, 0, 2, *last].into());
        Resolved {
            addresses: addresses.collect(),
            ttl: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn an_answer_holds_as_long_as_the_shortest_of_its_records() {
        let records = [v4("a.test", 60, 1), v4("A.TEST", 30, 2)];
        assert_eq!(read(&records), Ok(resolved(&[1, 2], 30)));
        let aliased = [
            v4("c.test", 60, 3),
            cname("b.test", 20, "c.test"),
            cname("a.test", 90, "b.test"),
        ];
        assert_eq!(read(&aliased), Ok(resolved(&[3], 20)));
        assert_eq!(read(&[v4("a.test", 1 << 31, 1)]), Ok(resolved(&[1], 0)));
    }

    #[test]
    fn addresses_of_other_names_and_families_are_not_taken() {
        let six = RData::AAAA(AAAA("2001:db8::1".parse().unwrap()));
        let records = [
            v4("evil.test", 60, 9),
            Record::from_rdata(name("a.test"), 60, six),
        ];
        assert_eq!(read(&records).unwrap().addresses, Vec::<IpAddr>::new());
    }

    #[test]
    fn aliases_without_end_are_given_up() {
        let error = read(&[cname("a.test", 1, "b.test"), cname("b.test", 1, "a.test")]);
        assert_eq!(error.unwrap_err().fault, ResolveFault::InvalidReply);
    }

    #[test]
    fn what_is_not_an_answer_to_the_question_is_invalid() {
        let question = Question::new("a.test", Family::V4).unwrap();
        let fault = |bytes: &[u8]| question.read(bytes).unwrap_err().fault;
        let good = [v4("a.test", 60, 1)];
        let changed = |change: fn(&mut Message)| fault(&answer(&good, change));
        let invalid = ResolveFault::InvalidReply;
        assert_eq!(changed(|m| m.metadata.id = 7), invalid);
        assert_eq!(
            changed(|m| m.metadata.message_type = MessageType::Query),
            invalid
        );
        assert_eq!(changed(|m| m.metadata.truncation = true), invalid);
        assert_eq!(
            changed(|m| m.queries[0] = Query::query(name("b.test"), RecordType::A)),
            invalid
        );
        assert_eq!(fault(b"<html>"), invalid);
        assert_eq!(
            changed(|m| m.metadata.response_code = ResponseCode::NXDomain),
            ResolveFault::NoAddress
        );
        assert_eq!(
            changed(|m| m.metadata.response_code = ResponseCode::ServFail),
            ResolveFault::Unreachable
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let question = Question::new("a.test", Family::V4).unwrap();
            prop_assert!(question.read(&bytes).is_err());
        }
    }
}

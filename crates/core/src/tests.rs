//! One app's life, played with literal instants. Each test names the clause that it proves.

mod abort;
mod answers;
mod background;
mod close;
mod configuration;
mod dialects;
mod late;
mod permits;
mod queue;
mod records;
mod sockets;
mod streams;
mod time;

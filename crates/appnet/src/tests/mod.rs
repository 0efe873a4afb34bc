//! The actors in virtual time, with a scripted transport: order, deadlines, crashes, restarts, closing.

mod crashes;
mod files;
mod harness;
mod inspection;
mod lifecycle;
mod neighbours;
mod ports;
mod script;
mod sockets;
mod surroundings;

//! The only reader of the process: arguments, environment, directory, clock, terminal.
fn main() {}

//! keytool: Java keystores as Java and Bouncy Castle list them.

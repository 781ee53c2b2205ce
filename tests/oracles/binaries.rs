//! Node, NSS, grpc, Go: certificates inside programs and libraries.

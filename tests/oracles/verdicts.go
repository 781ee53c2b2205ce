// What crypto/x509 says of chains in the form of x509-limbo, one line each: "ok", or what a TLS client prints.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

type suite struct {
	Testcases []struct {
		Trusted []string  `json:"trusted_certs"`
		Sent    []string  `json:"untrusted_intermediates"`
		Leaf    string    `json:"peer_certificate"`
		At      time.Time `json:"validation_time"`
		Name    struct {
			Value string `json:"value"`
		} `json:"expected_peer_name"`
	} `json:"testcases"`
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	var all suite
	if err := json.NewDecoder(bufio.NewReader(file)).Decode(&all); err != nil {
		panic(err)
	}
	for _, one := range all.Testcases {
		said := "ok"
		if err := verify(one.Trusted, append([]string{one.Leaf}, one.Sent...), one.Name.Value, one.At); err != nil {
			said = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(said)
	}
}

// As (*Conn).verifyServerCertificate of crypto/tls has it.
func verify(trusted, sent []string, name string, at time.Time) (failed error) {
	defer func() {
		if why := recover(); why != nil {
			failed = fmt.Errorf("panic: %v", why)
		}
	}()
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(strings.Join(trusted, "")))
	var leaf *x509.Certificate
	for place, text := range sent {
		block, _ := pem.Decode([]byte(text))
		read, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("tls: failed to parse certificate from server: %w", err)
		}
		if place == 0 {
			leaf = read
		} else {
			intermediates.AddCert(read)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, CurrentTime: at, DNSName: name})
	if err != nil && hasPrefix() {
		return fmt.Errorf("tls: failed to verify certificate: %w", err)
	}
	return err
}

// Whether this toolchain's crypto/tls says what failed before the error itself: since 1.20.
func hasPrefix() bool {
	var minor int
	_, err := fmt.Sscanf(runtime.Version(), "go1.%d", &minor)
	return err != nil || minor >= 20
}

package s3store

import (
	"errors"
	"fmt"
	"net/url"
)

// Config is the location of the store. The keys are secrets and come from the
// secret store.
type Config struct {
	Endpoint  string `env:"S3_ENDPOINT"`                      // URL; empty: no S3 store
	Bucket    string `env:"S3_BUCKET" envDefault:"douyin"`    // must exist
	Region    string `env:"S3_REGION" envDefault:"us-east-1"` // part of every signature
	PublicURL string `env:"S3_PUBLIC_URL"`                    // URL of the store for clients; empty: clients do not use it
}

// Keys are the programs' credentials for the store.
type Keys struct{ Access, Secret string }

// Enabled reports whether a store is configured.
func (c Config) Enabled() bool { return c.Endpoint != "" }

// Validate reports every invalid value by its variable.
func (c Config) Validate() error {
	if !c.Enabled() {
		if c.PublicURL != "" {
			return errors.New("S3_PUBLIC_URL: needs S3_ENDPOINT")
		}
		return nil
	}
	var faults []error
	if _, err := parseURL(c.Endpoint); err != nil {
		faults = append(faults, fmt.Errorf("S3_ENDPOINT: %w", err))
	}
	if _, err := parseURL(c.PublicURL); c.PublicURL != "" && err != nil {
		faults = append(faults, fmt.Errorf("S3_PUBLIC_URL: %w", err))
	}
	if c.Bucket == "" {
		faults = append(faults, errors.New("S3_BUCKET: is empty"))
	}
	if c.Region == "" {
		faults = append(faults, errors.New("S3_REGION: is empty")) // the client would ask the store for it before each request
	}
	return errors.Join(faults...)
}

// parseURL parses the address of a store: a scheme and a host without a path.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("want http://HOST[:PORT] or https://HOST[:PORT]")
	case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("want a scheme and a host only")
	}
	return u, nil
}

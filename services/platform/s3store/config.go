package s3store

import (
	"errors"
	"fmt"
	"net/url"
)

// Config says where the store is. The keys are secrets and come from the secret
// store.
type Config struct {
	Endpoint  string `env:"S3_ENDPOINT"`                      // URL; empty: there is no such store
	Bucket    string `env:"S3_BUCKET" envDefault:"douyin"`    // has to exist
	Region    string `env:"S3_REGION" envDefault:"us-east-1"` // part of every signature
	PublicURL string `env:"S3_PUBLIC_URL"`                    // the store as clients reach it; empty: they are never sent there
}

// Keys is the account that the store knows the programs by.
type Keys struct{ Access, Secret string }

// Enabled says whether there is a store.
func (c Config) Enabled() bool { return c.Endpoint != "" }

// Validate reports every value that cannot work, each by its variable.
func (c Config) Validate() error {
	if !c.Enabled() {
		if c.PublicURL != "" {
			return errors.New("S3_PUBLIC_URL: of no use without S3_ENDPOINT")
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
		faults = append(faults, errors.New("S3_REGION: is empty")) // it would be asked for before each request
	}
	return errors.Join(faults...)
}

// parseURL takes the address of a store: a scheme and a host, and nothing that
// the path of an object would have to follow.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("want http://HOST[:PORT] or https://HOST[:PORT]")
	case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("want a scheme and a host, and nothing else")
	}
	return u, nil
}

package s3store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

func TestInvalidConfigNamesTheVariable(t *testing.T) {
	good := s3store.Config{Endpoint: "http://127.0.0.1:21080", Bucket: "douyin", Region: "us-east-1", PublicURL: "https://s3.example"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := (s3store.Config{Bucket: "douyin", Region: "us-east-1"}).Validate(); err != nil {
		t.Errorf("no store: %v", err)
	}
	for variable, spoil := range map[string]func(c *s3store.Config){
		"S3_ENDPOINT":                           func(c *s3store.Config) { c.Endpoint = "127.0.0.1:21080" },
		"S3_ENDPOINT: want a scheme":            func(c *s3store.Config) { c.Endpoint = "http://host/bucket" },
		"S3_ENDPOINT: want a scheme and a host": func(c *s3store.Config) { c.Endpoint = "http://key:secret@host" },
		"S3_PUBLIC_URL":                         func(c *s3store.Config) { c.PublicURL = "ftp://host" },
		"S3_PUBLIC_URL: needs":                  func(c *s3store.Config) { c.Endpoint = "" },
		"S3_BUCKET":                             func(c *s3store.Config) { c.Bucket = "" },
		"S3_REGION":                             func(c *s3store.Config) { c.Region = "" },
	} {
		c := good
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), variable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v, want %s", c, err, variable)
		}
		if _, err := s3store.Open(c, s3store.Keys{Access: "a", Secret: "s"}); err == nil {
			t.Errorf("%+v is opened", c)
		}
	}
}

// secrets is a secret store.
type secrets map[string]string

func (s secrets) Secret(_ context.Context, store, name string) (string, error) {
	value, ok := s[store+"/"+name]
	if !ok {
		return "", errors.New("no such secret")
	}
	return value, nil
}

func TestConnectReadsKeysIfAStoreIsConfigured(t *testing.T) {
	c := s3store.Config{Bucket: "douyin", Region: "us-east-1"}
	if store, err := s3store.Connect(t.Context(), c, secrets{}); store != nil || err != nil {
		t.Errorf("no store: %v, %v", store, err)
	}
	c.Endpoint = "http://127.0.0.1:1"
	if _, err := s3store.Connect(t.Context(), c, secrets{}); err == nil {
		t.Error("connected without keys")
	}
	store, err := s3store.Connect(t.Context(), c, secrets{
		contract.SecretStore + "/" + contract.SecretS3AccessKey: "a", contract.SecretStore + "/" + contract.SecretS3SecretKey: "s",
	})
	if err != nil || store == nil {
		t.Errorf("%v, %v", store, err)
	}
}

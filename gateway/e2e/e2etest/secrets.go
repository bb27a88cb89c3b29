//go:build e2e

package e2etest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// searchSecrets fails if a log of the stack holds a password, a token or a secret.
func searchSecrets(ctx context.Context) (report string, err error) {
	stack, err := findStack()
	if err != nil {
		return "", err
	}
	p := NewPhone()
	a, err := register(ctx, p)
	if err != nil {
		return "", err
	}
	if err := provokeLeaks(ctx, p.HTTP(), a); err != nil {
		return "", err
	}
	secrets, err := secretsOf(stack.data)
	if err != nil {
		return "", err
	}
	secrets["a password"], secrets["a token"], secrets["a token in the query"] = Canary, a.Token, url.QueryEscape(a.Token)
	if i := strings.LastIndex(a.Token, "."); i > 0 {
		secrets["the signature of a token"] = a.Token[i+1:]
	}
	files, total, err := searchFolder(filepath.Join(stack.data, "logs"), secrets)
	if err == nil && (files < 5 || total == 0) {
		err = fmt.Errorf("only %d log files with %d bytes: this check would see nothing", files, total)
	}
	return fmt.Sprintf("%d files, %d bytes, %d secrets", files, total, len(secrets)), err
}

// searchFolder returns an error for every file that holds a secret or a token.
func searchFolder(logs string, secrets map[string]string) (files, total int, err error) {
	// Anything that looks like a JSON web token.
	token := regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)
	var leaks []error
	err = filepath.WalkDir(logs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return ignoreMissing(err)
		}
		files, total = files+1, total+len(content)
		for what, secret := range secrets {
			if i := bytes.Index(content, []byte(secret)); i >= 0 {
				leaks = append(leaks, fmt.Errorf("%s holds %s: ...%q", path, what, content[max(0, i-120):i]))
			}
		}
		if at := token.FindIndex(content); at != nil {
			leaks = append(leaks, fmt.Errorf("%s holds a token: ...%q", path, content[max(0, at[0]-120):at[0]]))
		}
		return nil
	})
	return files, total, errors.Join(append(leaks, err)...)
}

// provokeLeaks sends secrets along every path that could log them.
func provokeLeaks(ctx context.Context, phone *http.Client, a Account) error {
	secrets := url.Values{"username": {a.Name}, "password": {a.Password}, "token": {a.Token}, "user_id": {"abc"}}
	send := func(method, path, contentType string) error {
		body := ""
		if method == http.MethodPost {
			body = secrets.Encode()
		}
		req, err := http.NewRequestWithContext(ctx, method, BaseURL()+path+"?"+secrets.Encode(), strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Authorization", "Bearer "+a.Token)
		req.Header.Set("Referer", BaseURL()+"/?token="+a.Token)
		res, err := phone.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}
	var errs []error
	for _, path := range []string{"/douyin/user/register/", "/douyin/user/login/", "/douyin/publish/action/", "/douyin/nothing/", "/media/nothing"} {
		for _, contentType := range []string{"", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			errs = append(errs, send(http.MethodPost, path, contentType))
		}
	}
	for _, path := range []string{"/douyin/feed", "/douyin/user/", "/douyin/publish/list/", "/media/videos/1/0.mp4", "/readyz", "/"} {
		errs = append(errs, send(http.MethodGet, path, ""))
	}
	_, err := NewPhone().Publish(ctx, a.Token, "", strings.NewReader("no video"))
	return errors.Join(append(errs, err)...)
}

// secretsOf returns the secrets of a stack by a description. Of a data source name
// only the password is a secret.
func secretsOf(data string) (map[string]string, error) {
	stored, err := readSecrets(data)
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	for name, value := range stored {
		if user, _, ok := strings.Cut(value, "@tcp("); ok {
			_, value, _ = strings.Cut(user, ":")
		}
		if name == "jwt-keys" {
			var keys struct{ Keys map[string]string }
			if err := json.Unmarshal([]byte(value), &keys); err != nil {
				return nil, err
			}
			for id, key := range keys.Keys {
				secrets["the signing key "+id] = key
			}
			continue
		}
		if len(value) >= 8 {
			secrets["the secret "+name] = value
		}
	}
	return secrets, nil
}

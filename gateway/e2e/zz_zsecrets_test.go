//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// signedToken is anything that looks like a JSON web token.
var signedToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)

// The last scenario of all: after everything that went well and wrong, no log
// of any program holds a password, a token or a secret of the stack.
func TestNoSecretInAnyLog(t *testing.T) {
	logs := filepath.Join(stackData(t), "logs")
	p := newPhone()
	a := newAccount(t, p)
	provoke(t, p, a)

	secrets := map[string]string{"a password": canary, "a token": a.Token, "a token in the query": url.QueryEscape(a.Token)}
	if i := strings.LastIndex(a.Token, "."); i > 0 {
		secrets["the signature of a token"] = a.Token[i+1:]
	}
	for name, value := range stackSecrets(t) {
		secrets["the secret "+name] = value
	}

	files, total := 0, 0
	err := filepath.WalkDir(logs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files, total = files+1, total+len(content)
		for what, secret := range secrets {
			if i := bytes.Index(content, []byte(secret)); i >= 0 {
				t.Errorf("%s holds %s: ...%q", path, what, content[max(0, i-120):i])
			}
		}
		if at := signedToken.FindIndex(content); at != nil {
			t.Errorf("%s holds a token: ...%q", path, content[max(0, at[0]-120):at[0]])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 5 || total == 0 {
		t.Fatalf("only %d log files with %d bytes in %s: this test would see nothing", files, total, logs)
	}
	t.Logf("%d files, %d bytes, %d secrets", files, total, len(secrets))
}

// provoke sends secrets down every path that could write them somewhere.
func provoke(t *testing.T, p *Phone, a account) {
	t.Helper()
	both := url.Values{"username": {a.Name}, "password": {a.Password}, "token": {a.Token}, "user_id": {"abc"}}
	for _, path := range []string{"/douyin/user/register/", "/douyin/user/login/", "/douyin/publish/action/", "/douyin/nothing/", "/media/nothing"} {
		for _, contentType := range []string{"", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, baseURL()+path+"?"+both.Encode(), strings.NewReader(both.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", contentType)
			req.Header.Set("Authorization", "Bearer "+a.Token)
			req.Header.Set("Referer", baseURL()+"/?token="+a.Token)
			res, err := p.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
	}
	for _, path := range []string{"/douyin/feed", "/douyin/user/", "/douyin/publish/list/", "/media/videos/1/0.mp4", "/readyz", "/"} {
		download(t, http.MethodGet, baseURL()+path+"?"+both.Encode(), nil)
	}
	must(p.Publish(t.Context(), a.Token, "", strings.NewReader("no video")))(t)
}

// stackSecrets reads what the starter made up for this stack. Data source names
// are not looked for as a whole: the password in them is what counts.
func stackSecrets(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(stackData(t), "secrets.json"))
	if err != nil {
		unavailable(t, "no secrets file: %v", err)
	}
	var raw map[string]string
	if err := json.Unmarshal(content, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, value := range raw {
		if user, _, ok := strings.Cut(value, "@tcp("); ok {
			_, value, _ = strings.Cut(user, ":")
		}
		if name == "jwt-keys" {
			var keys struct{ Keys map[string]string }
			if err := json.Unmarshal([]byte(value), &keys); err != nil {
				t.Fatal(err)
			}
			for id, key := range keys.Keys {
				out[name+" "+id] = key
			}
			continue
		}
		if len(value) >= 8 {
			out[name] = value
		}
	}
	return out
}

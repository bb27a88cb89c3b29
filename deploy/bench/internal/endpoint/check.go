package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// accepted is how the answer to an accepted request begins.
const accepted = `{"status_code":0,`

// errRefused is the error of an answer with another status code than 0.
func errRefused(body []byte) error { return fmt.Errorf("not accepted: %.200s", body) }

func checkAccepted(body []byte) error {
	if !bytes.HasPrefix(body, []byte(accepted)) {
		return errRefused(body)
	}
	return nil
}

// maxKnown bounds the memory of a pool for answers.
const maxKnown = 4096

// pool repeats requests of one connection. The answer to a request is compared with
// the model in full when it differs from the earlier ones, which are kept as
// hashes: comparing each would cost more than making it.
type pool struct {
	requests [][]byte
	verify   func(n int, body []byte) error

	last  int // index of the last request
	seed  maphash.Seed
	known map[answer]struct{}
}

// answer is a correct answer to a request.
type answer struct {
	request int
	hash    uint64
}

func newPool(requests [][]byte, verify func(n int, body []byte) error) *pool {
	return &pool{requests: requests, verify: verify, last: -1, seed: maphash.MakeSeed(), known: map[answer]struct{}{}}
}

// Next implements load.Source.
func (p *pool) Next() []byte {
	p.last = (p.last + 1) % len(p.requests)
	return p.requests[p.last]
}

// Check implements load.Source.
func (p *pool) Check(body []byte) error {
	this := answer{p.last, maphash.Bytes(p.seed, body)}
	if _, correct := p.known[this]; correct {
		return nil
	}
	if err := checkAccepted(body); err != nil {
		return err
	}
	if err := p.verify(p.last, body); err != nil {
		return fmt.Errorf("%w in %.300s", err, body)
	}
	if len(p.known) >= maxKnown {
		clear(p.known)
	}
	p.known[this] = struct{}{}
	return nil
}

// decode decodes an accepted answer and checks the values that the API may send.
func decode[R client.Response](body []byte) (R, error) {
	var out R
	if err := json.Unmarshal(body, &out); err != nil {
		return out, err
	}
	if out.GetStatus().Code != client.CodeOK {
		return out, errors.New("refused")
	}
	return out, out.Validate()
}

// viewer is who an answer is made for; the zero value is a guest.
type viewer struct {
	env    *Env
	reader int
}

func (v viewer) checkUser(u client.User) error {
	if want := v.env != nil && v.env.Data.ReaderFollows(v.reader, u.ID); u.IsFollow != want {
		return fmt.Errorf("is_follow of user %d is %v", u.ID, u.IsFollow)
	}
	return nil
}

func (v viewer) checkVideos(videos []client.Video, want int) error {
	if len(videos) != want {
		return fmt.Errorf("%d videos, want %d", len(videos), want)
	}
	for _, video := range videos {
		if want := v.env != nil && v.env.Data.ReaderLikes(v.reader, video.ID); video.IsFavorite != want {
			return fmt.Errorf("is_favorite of video %d is %v", video.ID, video.IsFavorite)
		}
		if err := v.checkUser(video.Author); err != nil {
			return err
		}
	}
	return nil
}

func (v viewer) checkUsers(users []client.User, want int) error {
	if len(users) != want {
		return fmt.Errorf("%d users, want %d", len(users), want)
	}
	for _, u := range users {
		if err := v.checkUser(u); err != nil {
			return err
		}
	}
	return nil
}

package endpoint

import (
	"fmt"
	"math/rand/v2"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// feedLength is how many videos a page of the feed has.
const feedLength = 30

func feeds() []Endpoint {
	return []Endpoint{
		{Name: "feed", Title: "feed, anonymous", source: func(e *Env, _ int) load.Source {
			return newPool([][]byte{FeedRequest(e)}, func(_ int, body []byte) error { return checkFeed(body, viewer{}) })
		}},
		{Name: "feed-token", Title: "feed with token", source: func(e *Env, connection int) load.Source {
			request := e.request(get, "/douyin/feed", "latest_time", "", "token", e.Data.Reader(connection).Token)
			return newPool([][]byte{request}, func(_ int, body []byte) error { return checkFeed(body, viewer{e, connection}) })
		}},
	}
}

// FeedRequest asks for the feed as a guest does.
func FeedRequest(e *Env) []byte {
	return e.request(get, "/douyin/feed", "latest_time", "", "token", "")
}

func checkFeed(body []byte, v viewer) error {
	feed, err := decode[client.FeedResponse](body)
	if err != nil {
		return err
	}
	return v.checkVideos(feed.Videos, feedLength)
}

// profiles is how many users each connection looks at.
const profiles = 128

func users() []Endpoint {
	return []Endpoint{{Name: "profile", Title: "user profile", source: func(e *Env, connection int) load.Source {
		random := rand.New(rand.NewPCG(3, uint64(connection))) //nolint:gosec // the same users at every call
		ids, requests := make([]int64, profiles), make([][]byte, profiles)
		for i := range ids {
			ids[i] = e.Data.UserIDs[random.IntN(len(e.Data.UserIDs))]
			requests[i] = e.request(get, "/douyin/user/", "user_id", decimal(ids[i]), "token", e.Data.Reader(connection).Token)
		}
		return newPool(requests, func(n int, body []byte) error {
			found, err := decode[client.UserResponse](body)
			if err == nil && found.User.ID != ids[n] {
				err = fmt.Errorf("user %d, want %d", found.User.ID, ids[n])
			}
			if err != nil {
				return err
			}
			return viewer{e, connection}.checkUser(found.User)
		})
	}}}
}

// ownList is a list of videos of the reader of each connection.
func ownList(name, title, path string, want int) Endpoint {
	return Endpoint{
		Name: name, Title: fmt.Sprintf("%s (%d)", title, want),
		source: func(e *Env, connection int) load.Source {
			reader := e.Data.Reader(connection)
			request := e.request(get, path, "user_id", decimal(reader.ID), "token", reader.Token)
			return newPool([][]byte{request}, func(_ int, body []byte) error {
				list, err := decode[client.VideosResponse](body)
				if err != nil {
					return err
				}
				return viewer{e, connection}.checkVideos(list.Videos, want)
			})
		},
	}
}

func lists() []Endpoint {
	return []Endpoint{
		ownList("publish-list", "publish list", "/douyin/publish/list/", model.ReaderVideos),
		ownList("favorite-list", "favorite list", "/douyin/favorite/list/", model.ReaderLikes),
	}
}

// userList is a list of users, as the reader of each connection sees it. A limit
// of 0 asks for the whole list, as the phone does.
func userList(name, title, path string, want, limit int, of func(e *Env, connection int) int64) Endpoint {
	return Endpoint{
		Name: name, Title: fmt.Sprintf("%s (%d)", title, want),
		source: func(e *Env, connection int) load.Source {
			query := []string{"user_id", decimal(of(e, connection)), "token", e.Data.Reader(connection).Token}
			if limit > 0 {
				query = append(query, "limit", decimal(int64(limit)))
			}
			return newPool([][]byte{e.request(get, path, query...)}, func(_ int, body []byte) error {
				list, err := decode[client.UsersResponse](body)
				if err != nil {
					return err
				}
				return viewer{e, connection}.checkUsers(list.Users, want)
			})
		},
	}
}

func relations() []Endpoint {
	top := func(e *Env, _ int) int64 { return e.Data.TopUser() }
	own := func(e *Env, connection int) int64 { return e.Data.Reader(connection).ID }
	return []Endpoint{
		userList("follow-list", "follow list", "/douyin/relation/follow/list/", model.ReaderFollows, 0, own),
		userList("follower-list", "follower list", "/douyin/relation/follower/list/", model.PageLimit, model.PageLimit, top),
		{
			Name: "friend-list", Title: fmt.Sprintf("friend list (%d)", model.ReaderFriends),
			source: func(e *Env, connection int) load.Source {
				reader := e.Data.Reader(connection)
				request := e.request(get, "/douyin/relation/friend/list/", "user_id", decimal(reader.ID), "token", reader.Token)
				return newPool([][]byte{request}, func(_ int, body []byte) error {
					list, err := decode[client.FriendsResponse](body)
					if err != nil {
						return err
					}
					users := make([]client.User, len(list.Friends))
					for i, friend := range list.Friends {
						users[i] = friend.User
						if friend.Message == "" {
							return fmt.Errorf("friend %d has no message", friend.ID)
						}
					}
					return viewer{e, connection}.checkUsers(users, model.ReaderFriends)
				})
			},
		},
	}
}

func comments() []Endpoint {
	return []Endpoint{{
		Name: "comment-list", Title: fmt.Sprintf("comment list (%d)", model.CommentLimit),
		source: func(e *Env, connection int) load.Source {
			request := e.request(get, "/douyin/comment/list/", "video_id", decimal(e.Data.TopVideo()),
				"token", e.Data.Reader(connection).Token, "limit", decimal(model.CommentLimit))
			return newPool([][]byte{request}, func(_ int, body []byte) error {
				list, err := decode[client.CommentsResponse](body)
				if err != nil {
					return err
				}
				users := make([]client.User, len(list.Comments))
				for i, comment := range list.Comments {
					users[i] = comment.User
				}
				return viewer{e, connection}.checkUsers(users, model.CommentLimit)
			})
		},
	}}
}

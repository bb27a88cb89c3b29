package demo

// User is the user whose login is shown to people.
const User = "demo"

// post is a video of the demo.
type post struct {
	author string
	title  string
	clip   clip
}

// comment and message are texts; posts are named by their index in posts.
type comment struct {
	author string
	post   int
	text   string
}

type message struct{ from, to, text string }

func users() []string { return []string{User, "wanglei", "hanmeimei", "liming", "sunyue"} }

// posts are the videos, in portrait and in landscape.
func posts() []post {
	return []post{
		{"wanglei", "生命游戏 Conway's Game of Life", clip{5, "life=size=270x480:rate=15:mold=10:ratio=0.1:seed=7:death_color=#c83232:life_color=#00d070,scale=540:960:flags=neighbor", []int{262, 330, 392}}},
		{"hanmeimei", "曼德博集合 Into the Mandelbrot set", clip{6, "mandelbrot=size=540x960:rate=25:end_scale=0.05", []int{330, 415, 494}}},
		{"liming", "晚霞 Evening sky", clip{8, "gradients=size=960x540:rate=25:nb_colors=6:seed=11:speed=0.03", []int{220, 277}}},
		{"sunyue", "地毯 Sierpinski carpet", clip{5, "sierpinski=size=540x960:rate=25:type=carpet:seed=5", []int{440, 554, 659}}},
		{"wanglei", "元胞自动机 Rule 110", clip{5, "cellauto=size=480x270:rate=25:rule=110:random_seed=3,scale=960:540:flags=neighbor", []int{392, 494}}},
		{"hanmeimei", "等离子体 Plasma", clip{7, "nullsrc=size=240x135:rate=20,format=gbrp,geq=r='128+127*sin(X/15+T*2)':g='128+127*sin(Y/12+T*3)':b='128+127*sin((X+Y)/20+T)',scale=960:540", []int{196, 294, 370}}},
		{"sunyue", "涟漪 Ripples", clip{6, "nullsrc=size=135x240:rate=20,format=gbrp,geq=r='40':g='100+80*sin(hypot(X-67,Y-120)/6-T*4)':b='160+90*sin(hypot(X-67,Y-120)/6-T*4)',scale=540:960", []int{349, 523}}},
		{User, "测试画面 Hello from the test card", clip{5, "testsrc2=size=540x960:rate=25", []int{440}}},
	}
}

// follows are pairs of a follower and the user followed. Pairs in both directions
// are friends, who can chat.
func follows() [][2]string {
	return [][2]string{
		{User, "wanglei"},
		{"wanglei", User},
		{User, "hanmeimei"},
		{"hanmeimei", User},
		{"wanglei", "hanmeimei"},
		{"hanmeimei", "wanglei"},
		{"liming", User},
		{"sunyue", User},
		{User, "sunyue"},
		{"sunyue", "liming"},
	}
}

// likes reports whether a user likes a post: most do, in no obvious pattern.
func likes(user, post int) bool { return (user*3+post*2)%5 < 3 }

func comments() []comment {
	return []comment{
		{"hanmeimei", 0, "看不腻 I could watch this for hours"},
		{User, 0, "它会停下来吗? Does it ever stop?"},
		{"wanglei", 0, "几乎从不 Almost never"},
		{"liming", 1, "越放大越漂亮 It gets better the closer you look"},
		{User, 2, "好温柔的颜色 What gentle colours"},
		{"sunyue", 2, "在哪里拍的? Where was this?"},
		{"wanglei", 3, "这里面有多少个正方形? How many squares are in there?"},
		{"hanmeimei", 7, "欢迎! Welcome!"},
		{"sunyue", 7, "声音可以小一点 The sound could be softer"},
		{"liming", 5, "像八十年代 Straight from the eighties"},
	}
}

func messages() []message {
	return []message{
		{"hanmeimei", User, "你好! 看到你的第一个视频了 Hi! I saw your first video"},
		{User, "hanmeimei", "谢谢! 只是测试画面 Thanks! It is only a test card"},
		{"hanmeimei", User, "下一个拍什么? What comes next?"},
		{User, "hanmeimei", "也许是雨 Rain, perhaps"},
		{"hanmeimei", User, "等你 Looking forward to it"},
		{"wanglei", User, "周末一起拍吗? Shall we film together this weekend?"},
	}
}

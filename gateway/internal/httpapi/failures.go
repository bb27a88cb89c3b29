package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// sentence is a text in the languages that there are.
type sentence struct{ zh, en string }

func (s sentence) in(l Language) string {
	if l == English {
		return s.en
	}
	return s.zh
}

// failure says why a video has failed. One that a newer service gives is said
// in general.
func failure(reason string) sentence {
	switch reason {
	case "":
		return sentence{}
	case videov1.FailureUnreadable:
		return sentence{"视频已损坏或不完整", "the video is damaged or incomplete"}
	case videov1.FailureNoPicture:
		return sentence{"文件中没有画面", "the file has no picture"}
	case videov1.FailureCodec:
		return sentence{"不支持的视频编码", "the video is coded in a way we do not know"}
	case videov1.FailureDimensions:
		return sentence{"视频分辨率过低或过高", "the video has too few or too many pixels"}
	case videov1.FailureTooLong:
		return sentence{"视频时长过长", "the video is too long"}
	case videov1.FailureTooComplex:
		return sentence{"视频过于复杂，无法处理", "the video is too complex to be processed"}
	case videov1.FailureSourceLost:
		return sentence{"视频文件丢失，请重新上传", "the video was lost, please upload it again"}
	case videov1.FailureWorkersDied:
		return sentence{"视频处理失败，请重新上传", "processing failed, please upload it again"}
	}
	return sentence{"视频处理失败", "the video could not be processed"}
}

// explain puts the reason of a failure into the client's language.
func (x *exchange) explain(p *compose.Processing) {
	if p.FailureReason != "" {
		p.FailureMsg = failure(p.FailureReason).in(languageOf(x.c.Request, x.api.Language))
	}
}

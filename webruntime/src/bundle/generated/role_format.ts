// Generated from exporter/texelflow/bundle/graph.schema.json by `npm run generate`. Do not edit.

/** The kinds of single values of roles. */
export type RoleKind = "boolean" | "Natural" | "number" | "Rate" | "SampleRate" | "Span" | "string";

/** By its kind, what a role says besides. */
export const ROLES = {
  "classes": {
    "activation?": [
      "one of",
      "none",
      "softmax",
      "sigmoid"
    ]
  },
  "boxes": {
    "part?": [
      "one of",
      "boxes",
      "scores",
      "labels",
      "count",
      "points",
      "table",
      "map"
    ],
    "form?": [
      "one of",
      "edges",
      "corner",
      "centre",
      "sides"
    ],
    "order?": [
      "one of",
      "xy",
      "yx"
    ],
    "unit?": [
      "one of",
      "fraction",
      "pixel"
    ],
    "columns?": [
      "one of",
      "scores",
      "objectness-scores",
      "score-label",
      "label-score"
    ],
    "transposed?": "boolean",
    "activation?": [
      "one of",
      "none",
      "softmax",
      "sigmoid"
    ],
    "background?": "Natural",
    "anchors?": [
      "list of",
      [
        "list of",
        "number",
        2
      ]
    ],
    "offset?": "number",
    "scale?": [
      "list of",
      "number",
      4,
      4
    ],
    "distribution?": "Natural",
    "level?": "number",
    "grow?": "number",
    "exponential?": "boolean",
    "points?": "Natural",
    "threshold?": "number",
    "overlap?": "number",
    "merge?": [
      "one of",
      "best",
      "weighted"
    ]
  },
  "mask": {
    "activation?": [
      "one of",
      "none",
      "softmax",
      "sigmoid"
    ],
    "foreground?": "Natural",
    "threshold?": "number"
  },
  "keypoints": {
    "part?": [
      "one of",
      "points",
      "heatmaps",
      "presence"
    ],
    "columns?": [
      "list of",
      [
        "one of",
        "x",
        "y",
        "z",
        "score",
        "other"
      ]
    ],
    "unit?": [
      "one of",
      "fraction",
      "pixel"
    ],
    "activation?": [
      "one of",
      "none",
      "softmax",
      "sigmoid"
    ],
    "threshold?": "number",
    "links?": [
      "list of",
      [
        "list of",
        "Natural",
        2,
        2
      ]
    ]
  },
  "picture": {
    "range?": [
      "list of",
      "number",
      2,
      2
    ],
    "channels?": [
      "one of",
      "rgb",
      "bgr",
      "gray"
    ]
  },
  "ctc": {
    "blank?": "Natural",
    "activation?": [
      "one of",
      "none",
      "softmax",
      "sigmoid"
    ]
  },
  "tokens": {},
  "embedding": {
    "pooling?": [
      "one of",
      "none",
      "mean",
      "first",
      "last"
    ],
    "normalize?": "boolean"
  },
  "curve": {
    "unit?": [
      "one of",
      "probability",
      "hertz"
    ],
    "rate?": "Rate",
    "offset?": "number",
    "threshold?": "number",
    "scale?": "number",
    "mean?": "Natural"
  },
  "notes": {
    "part": [
      "one of",
      "frames",
      "onsets"
    ],
    "rate": "Rate",
    "lowest": "Natural"
  },
  "sound": {
    "rate": "SampleRate",
    "window?": "Span",
    "context?": "Span",
    "overlap?": "Span",
    "features?": [
      "one of",
      "micro"
    ]
  },
  "bytes": {
    "beginning": "Span",
    "end": "Span",
    "padding": "Natural",
    "block": "Span"
  },
  "text": {
    "files": [
      "list of",
      "string"
    ]
  }
} as const;

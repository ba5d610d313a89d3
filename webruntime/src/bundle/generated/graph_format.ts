// Generated from exporter/texelflow/bundle/graph.schema.json by `npm run generate`. Do not edit.

/** The kinds of single values in the file. */
export type KindName = "string" | "Expression" | "DataType" | "InputIndex" | "Natural" | "number" | "ProgramIndex" | "Real" | "TensorIndex" | "integer" | "HostName";

/** What graph.json must look like; bundle/format_check.ts says how to read it. */
export const FORMAT = {
  "formatVersion": [
    "one of",
    2
  ],
  "generator": "string",
  "name": "string",
  "symbols": [
    "list of",
    "string"
  ],
  "derived": [
    "list of",
    {
      "name": "string",
      "value": "Expression"
    }
  ],
  "constraints": [
    "list of",
    {
      "left": "Expression",
      "relation": [
        "one of",
        "=",
        ">=",
        "1 or ="
      ],
      "right": "Expression",
      "node": "string",
      "meaning": "string"
    }
  ],
  "branches?": [
    "list of",
    {
      "when": [
        "list of",
        {
          "left": "Expression",
          "relation": [
            "one of",
            "=",
            ">=",
            "1 or ="
          ],
          "right": "Expression",
          "node": "string",
          "meaning": "string"
        }
      ],
      "file": "string"
    }
  ],
  "inputs": [
    "list of",
    {
      "name": "string",
      "dtype": "DataType",
      "shape": [
        "list of",
        "Expression"
      ],
      "tensor": "InputIndex",
      "elements?": [
        "list of",
        "string"
      ],
      "image?": {
        "width": "Expression",
        "height": "Expression",
        "fit": [
          "one of",
          "stretch",
          "cover",
          "contain",
          "crop",
          "crop-floor"
        ],
        "resized": [
          "list of",
          "Natural",
          0,
          2
        ],
        "resize": "string",
        "channels": [
          "one of",
          "rgb",
          "bgr",
          "gray"
        ],
        "mean": [
          "list of",
          "number"
        ],
        "deviation": [
          "list of",
          "number"
        ],
        "program": "ProgramIndex",
        "ints": [
          "list of",
          "Expression"
        ],
        "floats": [
          "list of",
          "Real"
        ]
      },
      "meaning?": {
        "labels?": [
          "list of",
          "string"
        ]
      }
    }
  ],
  "outputs": [
    "list of",
    {
      "name": "string",
      "dtype": "DataType",
      "shape": [
        "list of",
        "Expression"
      ],
      "tensor": "TensorIndex",
      "meaning?": {
        "labels?": [
          "list of",
          "string"
        ]
      }
    }
  ],
  "states": [
    "list of",
    {
      "name": "string",
      "output": "string",
      "dtype": "DataType",
      "shape": [
        "list of",
        "Expression"
      ],
      "tensor": "TensorIndex",
      "next": "TensorIndex",
      "grows?": "string",
      "init": [
        "one of",
        "zeros"
      ],
      "scope": [
        "one of",
        "session"
      ]
    }
  ],
  "weights": [
    "list of",
    {
      "tensor": "TensorIndex",
      "row?": "Natural",
      "parts": [
        "list of",
        {
          "file": "string",
          "key": "string"
        },
        1
      ]
    }
  ],
  "plans": {
    "webgl2": {
      "requirements": {
        "textureUnits": "integer"
      },
      "tensors": [
        "list of",
        {
          "dtype": "DataType",
          "shape": [
            "list of",
            "Expression"
          ],
          "axes?": [
            "list of",
            [
              "list of",
              "integer"
            ],
            4,
            4
          ],
          "pixels?": [
            "one of",
            1
          ],
          "groups?": [
            "one of",
            1
          ],
          "rows?": [
            "one of",
            2
          ],
          "alias?": {
            "tensor": "TensorIndex",
            "start": "Natural",
            "step": "Natural"
          },
          "storage?": [
            "one of",
            "float32",
            "int8"
          ],
          "value?": "string",
          "lifetime?": [
            "list of",
            "integer",
            2,
            2
          ]
        }
      ],
      "programs": [
        "list of",
        {
          "name": "string",
          "source": "string",
          "samplers": [
            "list of",
            "string"
          ]
        }
      ],
      "load": [
        "list of",
        {
          "program": "ProgramIndex",
          "inputs": [
            "list of",
            "TensorIndex"
          ],
          "output": "TensorIndex",
          "ints?": [
            "list of",
            "Expression"
          ],
          "floats?": [
            "list of",
            "Real"
          ],
          "flops?": "Expression",
          "node": "string"
        }
      ],
      "entries": {
        "predict": [
          "list of",
          [
            "either",
            {
              "program": "ProgramIndex",
              "inputs": [
                "list of",
                "TensorIndex"
              ],
              "output": "TensorIndex",
              "ints?": [
                "list of",
                "Expression"
              ],
              "floats?": [
                "list of",
                "Real"
              ],
              "flops?": "Expression",
              "node": "string"
            },
            {
              "host": "HostName",
              "inputs": [
                "list of",
                "TensorIndex"
              ],
              "outputs": [
                "list of",
                "TensorIndex"
              ],
              "binds": [
                "list of",
                "string"
              ],
              "ints": [
                "list of",
                "Expression"
              ],
              "floats": [
                "list of",
                "Real"
              ],
              "node": "string"
            }
          ]
        ]
      }
    }
  },
  "files": [
    "list of",
    {
      "name": "string",
      "bytes": "Natural",
      "sha256": "string"
    }
  ]
} as const;

//! The formats of exports.

/// A format that only exports have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFormat {
    /// Comma-separated values.
    Csv,
    /// Run events of OpenLineage.
    OpenLineage,
    /// Apache Parquet.
    Parquet,
    /// The text format of Prometheus.
    Prometheus,
}

impl DataFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Csv, Self::OpenLineage, Self::Parquet, Self::Prometheus];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::OpenLineage => "openlineage",
            Self::Parquet => "parquet",
            Self::Prometheus => "prometheus",
        }
    }
}

/// A format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// An array of objects.
    Json,
    /// An object a line.
    Jsonl,
    /// A format that only exports have.
    Data(DataFormat),
}

impl ExportFormat {
    /// The format that the extension of a file name stands for, in any case.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Data(DataFormat::Csv)),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "parquet" => Some(Self::Data(DataFormat::Parquet)),
            "prom" => Some(Self::Data(DataFormat::Prometheus)),
            _ => None,
        }
    }

    /// Whether it shows only the newest result of each data asset.
    pub fn is_of_newest(self) -> bool {
        self == Self::Data(DataFormat::Prometheus)
    }
}

// `JSONObject` is an `OrderedDictionary`. This export lets clients of JSON use its members without a second import.
@_exported public import OrderedCollections

"""Long defaults of settings: lists of extensions and of names."""

# What is a video, whatever Stash takes it for: what the word default stands for.
VIDEO_EXTENSIONS = "mp4,mkv,avi,mov,wmv,m4v,webm,flv,mpg,mpeg,ts,m2ts,mts,3gp,ogv,vob,divx,asf,rm,rmvb,f4v"
SIDECAR_EXTENSIONS = "funscript,srt,vtt"  # that Stash reads beside a video
# What comes with downloads and is worth nothing: whatever is not listed is worth keeping.
RUBBISH = (
    "*.nfo,*.diz,*.txt,*.url,*.website,*.webloc,*.lnk,*.htm,*.html,*.exe,*.bat,*.cmd,*.msi,*.scr,*.sfv,*.md5,*.srr,"
    "cover.jpg,cover.jpeg,cover.png,cover.webp,folder.jpg,folder.jpeg,folder.png,folder.webp,"
    "poster.jpg,poster.jpeg,poster.png,poster.webp"
)
SAMPLES = (
    "sample/,samples/,sample.*,sample-*,*-sample.*,*.sample.*,*_sample.*,"
    "extra/,extras/,featurettes/,behind the scenes/,deleted scenes/,"
    "trailer/,trailers/,trailer.*,*-trailer.*,*.trailer.*,*_trailer.*"
)
